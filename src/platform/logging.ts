/** Structured logs: an allow-list of request fields, so that no token, key or body is ever written. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { NextFunction, Request, Response } from 'express';
import type { Params } from 'nestjs-pino';
import { holdsCardNumber } from './card-numbers.js';

const OWN_ID = /^[\w-]{8,64}$/;

export function loggerOptions(level: string): Params {
  return {
    pinoHttp: {
      level,
      genReqId: (request) => (request as { id?: string }).id ?? requestId(request),
      serializers: {
        req: (request: { id: unknown; method: string; url: string }) => ({
          id: request.id,
          method: request.method,
          path: loggablePath(request.url),
        }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
        err: (error: { name?: string; message?: string; stack?: string }) => ({ name: error.name, stack: error.stack }),
      },
    },
  };
}

/** Express middleware, the first of all: whatever is answered later is answered under the request's id. */
export function nameRequest(request: Request, response: Response, next: NextFunction): void {
  request.id = requestId(request);
  response.setHeader('X-Request-Id', request.id);
  next();
}

/** The path without its query, and without what might be a card number. */
export function loggablePath(url: string): string {
  const path = url.split('?')[0] ?? '';
  return holdsCardNumber(decoded(path)) ? '/(hidden)' : path;
}

function requestId({ headers }: IncomingMessage): string {
  const given = headers['x-request-id'];
  return typeof given === 'string' && OWN_ID.test(given) && !holdsCardNumber(given) ? given : randomUUID();
}

function decoded(path: string): string {
  try {
    return decodeURIComponent(path);
  } catch {
    return path;
  }
}
