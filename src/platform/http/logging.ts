/** Structured logs: an allow-list of request fields, so that no token, key or body is ever written. */
import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { LoggerService } from '@nestjs/common';
import type { NextFunction, Request, Response } from 'express';
import { pino, type Level, type Logger as PinoLogger } from 'pino';
import { pinoHttp, type HttpLogger } from 'pino-http';
import { holdsCardNumber } from './card-numbers.js';

const OWN_ID = /^[\w-]{8,64}$/;

const SERIALIZERS = {
  req: (request: { id: unknown; method: string; url: string }) => ({
    id: request.id,
    method: request.method,
    path: loggablePath(request.url),
  }),
  res: (response: { statusCode: number }) => ({ status: response.statusCode }),
  err: (error: { name?: string; message?: string; stack?: string }) => ({ name: error.name, stack: error.stack }),
};

/** Nest's log lines as JSON on stdout, a line each with its context. */
export class JsonLogger implements LoggerService {
  private readonly pino: PinoLogger;

  constructor(level: string) {
    this.pino = pino({ level, serializers: { err: SERIALIZERS.err } });
  }

  log(message: unknown, ...rest: unknown[]): void {
    this.write('info', message, rest);
  }

  error(message: unknown, ...rest: unknown[]): void {
    this.write('error', message, rest);
  }

  warn(message: unknown, ...rest: unknown[]): void {
    this.write('warn', message, rest);
  }

  debug(message: unknown, ...rest: unknown[]): void {
    this.write('debug', message, rest);
  }

  verbose(message: unknown, ...rest: unknown[]): void {
    this.write('trace', message, rest);
  }

  /** Express middleware after `nameRequest`: a line per answer, by the allow-list above. */
  get requests(): HttpLogger {
    return pinoHttp({ logger: this.pino, genReqId: ({ id }) => id, serializers: SERIALIZERS });
  }

  /** The context is the last argument; before it, of an error, comes its stack. */
  private write(level: Level, message: unknown, rest: unknown[]): void {
    const [stack] = rest.length > 1 ? rest : [];
    const facts = { context: rest.at(-1), ...(stack === undefined ? {} : { stack }) };
    if (message instanceof Error) this.pino[level]({ ...facts, err: message }, message.message);
    else this.pino[level](facts, String(message));
  }
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
