/** Answers every error as application/problem+json, with the request's id and never a stack. */
import { Catch, Logger, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { problem, RequestProblem, toProblem } from './problem.js';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(error: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const known = toProblem(error);
    if (known === null) {
      this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const told =
      known ?? problem(500, 'internal_error', 'Something went wrong here. Send the request again with the same key.');
    if (response.headersSent) return;
    if (error instanceof RequestProblem) response.set(error.headers);
    response
      .status(told.status)
      .type('application/problem+json')
      .send(JSON.stringify({ ...told, instance: request.originalUrl.split('?')[0], requestId: String(request.id) }));
  }
}
