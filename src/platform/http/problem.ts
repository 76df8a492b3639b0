/**
 * What a caller is told when something is refused: RFC 9457 problems. The one place where the law's refusal codes get
 * their HTTP status.
 */
import { STATUS_CODES } from 'node:http';
import { HttpException } from '@nestjs/common';
import { Refusal, type RefusalCode } from '../../domain/refusal.js';
import { wasBusy } from '../database/database.js';

export interface FieldError {
  path: string;
  message: string;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  code: string;
  instance?: string;
  clause?: string;
  errors?: FieldError[];
  /** Of the request that was refused first, where it is told again. */
  requestId?: string;
}

/** A refusal by the edge itself: the request was unreadable, unknown or not allowed. */
export class RequestProblem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly errors?: FieldError[],
    readonly headers: Record<string, string> = {},
  ) {
    super(message);
    this.name = 'RequestProblem';
  }
}

/** A problem told once before, and told again for the same idempotency key. */
export class RecordedProblem extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
    this.name = 'RecordedProblem';
  }
}

export function validationFailed(errors: FieldError[]): RequestProblem {
  const paths = [...new Set(errors.map((error) => error.path))].join(', ');
  return new RequestProblem(422, 'validation_failed', `These fields cannot be used: ${paths}.`, errors);
}

const STATUS_OF: Partial<Record<RefusalCode, number>> = {
  not_eligible: 403,
  market_not_open: 422,
  notice_too_short: 422,
  exceeds_collected: 422,
  four_eyes: 403,
  payment_method_rejected: 402,
  payment_declined: 402,
  not_found: 404,
};

const CODE_OF_STATUS: Record<number, string> = {
  400: 'invalid_request',
  404: 'not_found',
  405: 'method_not_allowed',
  413: 'body_too_large',
  415: 'unsupported_media_type',
};

/** The problem a caller sees; null when the error is ours and nothing of it may be told. */
export function toProblem(error: unknown): Problem | null {
  if (error instanceof Refusal) {
    const status = STATUS_OF[error.code] ?? 409;
    return problem(status, error.code, error.message, { clause: error.clause });
  }
  if (error instanceof RequestProblem) {
    return problem(error.status, error.code, error.message, { errors: error.errors });
  }
  if (error instanceof RecordedProblem) return error.problem;
  if (wasBusy(error)) return problem(503, 'busy', 'Somebody else is changing the same thing. Send the request again.');
  const status = httpStatusOf(error);
  if (status === null || status >= 500) return null;
  return problem(status, CODE_OF_STATUS[status] ?? 'invalid_request', (error as Error).message);
}

export function problem(
  status: number,
  code: string,
  detail: string,
  extras: Pick<Problem, 'clause' | 'errors'> = {},
): Problem {
  const title = STATUS_CODES[status] ?? 'Error';
  const told = Object.fromEntries(Object.entries<unknown>(extras).filter(([, value]) => value !== undefined));
  return { type: `urn:vip-membership:problem:${code}`, title, status, detail, code, ...told };
}

function httpStatusOf(error: unknown): number | null {
  if (error instanceof HttpException) return error.getStatus();
  // body-parser and the router throw plain errors that carry their status.
  const status = (error as { status?: unknown } | null)?.status;
  return typeof status === 'number' && status >= 400 ? status : null;
}
