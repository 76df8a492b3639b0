/** Structured logs: an allow-list of request fields, so that no token, key or body is ever written. */
import { randomUUID } from 'node:crypto';
import type { Params } from 'nestjs-pino';

const OWN_ID = /^[\w-]{8,64}$/;

export function loggerOptions(level: string): Params {
  return {
    pinoHttp: {
      level,
      genReqId: (request) => {
        const given = request.headers['x-request-id'];
        return typeof given === 'string' && OWN_ID.test(given) ? given : randomUUID();
      },
      serializers: {
        req: (request: { id: unknown; method: string; url: string }) => ({
          id: request.id,
          method: request.method,
          path: request.url.split('?')[0],
        }),
        res: (response: { statusCode: number }) => ({ status: response.statusCode }),
        err: (error: { name?: string; message?: string; stack?: string }) => ({ name: error.name, stack: error.stack }),
      },
    },
  };
}
