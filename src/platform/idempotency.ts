/**
 * One idempotency key, one result. A keyed request acts once: the thing it made is bound to the key in the commit that
 * makes it, so a caller who lost the answer gets the same thing again, also after a crash.
 */
import { createHash } from 'node:crypto';
import { createParamDecorator, Injectable, type ExecutionContext } from '@nestjs/common';
import type { Response } from 'express';
import type { EntityManager } from 'typeorm';
import type { AuthenticatedRequest } from './access.js';
import { Database } from './database.js';
import { RecordedProblem, RequestProblem, toProblem, type Problem } from './problem.js';

// Stands for the success status of the route, which is always the same.
const SUCCESS = 200;
const LOCK_SECONDS = 60;
const KEY_FORM = /^[\x21-\x7e]{1,255}$/;

export interface KeyedRequest {
  caller: string;
  key: string;
  fingerprint: string;
  response: Response;
}

/** Binds what a keyed request makes to its key; call it inside the transaction that makes it. */
export type Bind = (tx: EntityManager, resourceId: string) => Promise<void>;

export interface KeyedWork<T> {
  /** Does the thing once; returns the id it bound. */
  act: (bind: Bind) => Promise<string>;
  /** Describes the thing as it is now; may wait, may refuse. */
  answer: (resourceId: string) => Promise<T>;
}

/** The `Idempotency-Key` of this request with its caller and fingerprint; refuses where the header is missing. */
export const Keyed = createParamDecorator((_: unknown, context: ExecutionContext): KeyedRequest => {
  const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
  const key = request.headers['idempotency-key'];
  if (typeof key !== 'string' || !KEY_FORM.test(key)) {
    throw new RequestProblem(
      400,
      'idempotency_key_missing',
      'Send an Idempotency-Key header of 1 to 255 visible ASCII characters, new for each new intention.',
    );
  }
  const said = JSON.stringify([request.method, request.path, request.body ?? null]);
  const fingerprint = createHash('sha256').update(said).digest('hex');
  const response = context.switchToHttp().getResponse<Response>();
  return { caller: request.caller?.subject ?? '', key, fingerprint, response };
});

interface KeyRow {
  fingerprint: string;
  resource_id: string | null;
  status: number | null;
  body: unknown;
  is_locked: boolean;
}

@Injectable()
export class Idempotency {
  constructor(private readonly database: Database) {}

  /**
   * Refuses `idempotency_key_reused` (422) for another request under the same key, then `idempotency_in_progress`
   * (409) while the first still runs; otherwise the one result, new or replayed.
   */
  async run<T>(request: KeyedRequest, work: KeyedWork<T>): Promise<T> {
    const found = await this.take(request);
    if (found.status !== null) {
      request.response.set('Idempotency-Replayed', 'true');
      if (found.status !== SUCCESS) throw new RecordedProblem(found.body as Problem);
      return found.body as T;
    }
    try {
      const bind: Bind = (tx, resourceId) => this.bind(tx, request, resourceId);
      const resourceId = found.resource_id ?? (await work.act(bind));
      const body = await work.answer(resourceId);
      await this.finish(request, SUCCESS, body);
      return body;
    } catch (error) {
      const told = toProblem(error);
      if (told === null) await this.release(request);
      else await this.finish(request, told.status, told);
      throw error;
    }
  }

  private async take(request: KeyedRequest): Promise<KeyRow> {
    const { caller, key, fingerprint } = request;
    const taken = await this.database.reader.query<unknown[]>(
      `insert into idempotency_keys (caller, key, fingerprint, locked_until)
       values ($1, $2, $3, clock_timestamp() + make_interval(secs => $4)) on conflict do nothing returning key`,
      [caller, key, fingerprint, LOCK_SECONDS],
    );
    if (taken.length > 0) return { fingerprint, resource_id: null, status: null, body: null, is_locked: true };
    const [row] = await this.database.reader.query<KeyRow[]>(
      `select fingerprint, resource_id, status, body, coalesce(locked_until > clock_timestamp(), false) as is_locked
       from idempotency_keys where caller = $1 and key = $2`,
      [caller, key],
    );
    if (row === undefined) return this.take(request);
    if (row.fingerprint !== fingerprint) {
      throw new RequestProblem(
        422,
        'idempotency_key_reused',
        'This Idempotency-Key came with another body or path before. Use a new key for a new intention.',
      );
    }
    if (row.status !== null) return row;
    if (row.is_locked || !(await this.takeOver(request))) throw stillRunning();
    return row;
  }

  private async takeOver({ caller, key }: KeyedRequest): Promise<boolean> {
    const [taken] = await this.database.reader.query<[unknown[], number]>(
      `update idempotency_keys set locked_until = clock_timestamp() + make_interval(secs => $3)
       where caller = $1 and key = $2 and status is null
         and (locked_until is null or locked_until <= clock_timestamp()) returning key`,
      [caller, key, LOCK_SECONDS],
    );
    return taken.length > 0;
  }

  private async bind(tx: EntityManager, { caller, key }: KeyedRequest, resourceId: string): Promise<void> {
    await tx.query('update idempotency_keys set resource_id = $3 where caller = $1 and key = $2', [
      caller,
      key,
      resourceId,
    ]);
  }

  private async finish({ caller, key }: KeyedRequest, status: number, body: unknown): Promise<void> {
    await this.database.reader.query(
      'update idempotency_keys set status = $3, body = $4, locked_until = null where caller = $1 and key = $2',
      [caller, key, status, JSON.stringify(body)],
    );
  }

  /** Our own failure is no result: the caller may send the same key again at once. */
  private async release({ caller, key }: KeyedRequest): Promise<void> {
    await this.database.reader.query('update idempotency_keys set locked_until = null where caller = $1 and key = $2', [
      caller,
      key,
    ]);
  }
}

function stillRunning(): RequestProblem {
  return new RequestProblem(
    409,
    'idempotency_in_progress',
    'The first request with this Idempotency-Key still runs. Send it again in a moment.',
    undefined,
    { 'Retry-After': '1' },
  );
}
