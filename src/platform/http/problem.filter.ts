/** Answers every error as application/problem+json, with the request's id and never a stack. */
import { Catch, Logger, NotFoundException, type ArgumentsHost, type ExceptionFilter } from '@nestjs/common';
import type { Request, Response } from 'express';
import { allowedMethods } from './allowed-methods.js';
import { loggablePath } from './logging.js';
import { problem, RequestProblem, toProblem } from './problem.js';

@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('http');

  catch(thrown: unknown, host: ArgumentsHost): void {
    const http = host.switchToHttp();
    const request = http.getRequest<Request>();
    const response = http.getResponse<Response>();
    const error = thrown instanceof NotFoundException ? noSuchRoute(request) : thrown;
    const known = toProblem(error);
    if (known === null) {
      this.logger.error(error instanceof Error ? (error.stack ?? error.message) : String(error));
    }
    const told =
      known ?? problem(500, 'internal_error', 'Something went wrong here. Send the request again with the same key.');
    if (response.headersSent) return;
    if (error instanceof RequestProblem) response.set(error.headers);
    else if (told.status === 503) response.set('Retry-After', '1');
    const { requestId = request.id, ...rest } = told;
    response
      .status(told.status)
      .type('application/problem+json')
      .send(JSON.stringify({ ...rest, instance: loggablePath(request.originalUrl), requestId }));
  }
}

/** Only the router throws its own exception: no route has this method and path. */
function noSuchRoute(request: Request): RequestProblem {
  const { method } = request;
  const allowed = allowedMethods(request);
  if (allowed.length === 0) return new RequestProblem(404, 'not_found', 'There is nothing at this path.');
  const detail = `${method} does not work here; use ${allowed.join(' or ')}.`;
  return new RequestProblem(405, 'method_not_allowed', detail, undefined, { Allow: allowed.join(', ') });
}
