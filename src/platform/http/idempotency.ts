/**
 * One idempotency key, one result. A keyed request acts once: the thing it made is bound to the key in the commit that
 * makes it, so a caller who lost the answer gets the same thing again, also after a crash.
 */
import { createHash } from 'node:crypto';
import { createParamDecorator, Injectable, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { Response } from 'express';
import { Database } from '../database/database.js';
import type { Tx } from '../database/tx.js';
import type { AuthenticatedRequest } from './access.js';
import { RecordedProblem, RequestProblem, toProblem, type Problem } from './problem.js';

// Stands for the success status of the route, which is always the same.
const SUCCESS = 200;
const LOCK_SECONDS = 60;
// Twice what the contract promises. Each new key removes a few old ones, so the table never outgrows two days of keys.
const KEPT_HOURS = 48;
const PRUNED_PER_KEY = 10;
// Only while this very request holds the key.
const HELD = 'caller = $1 and key = $2 and locked_until = $3::timestamptz';
const KEY_FORM = /^[\x21-\x7e]{1,255}$/;

export interface KeyedRequest {
  caller: string;
  /** A hash of what was sent: a key may hold anything, also what must not be stored. */
  key: string;
  fingerprint: string;
  response: Response;
}

/** A keyed request that holds its key until an instant; a request that takes the key over holds it until a later one. */
interface Lease extends KeyedRequest {
  until: string;
}

/** Binds what a keyed request makes to its key; call it inside the transaction that makes it. */
export type Bind = (tx: Tx, resourceId: string) => Promise<void>;

export interface KeyedWork<T> {
  /** Does the thing once; returns the id it bound. */
  act: (bind: Bind) => Promise<string>;
  /** Describes the thing as it is now; may wait, may refuse. */
  answer: (resourceId: string) => Promise<T>;
}

/** Documents the header of a keyed route. */
export function KeyedRoute(): MethodDecorator {
  return ApiHeader({
    name: 'Idempotency-Key',
    required: true,
    description: 'one per intention, 1 to 255 visible ASCII',
  });
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
  const fingerprint = hash(JSON.stringify([request.method, request.path, request.body ?? null], inOneOrder));
  const response = context.switchToHttp().getResponse<Response>();
  return { caller: request.caller?.subject ?? '', key: hash(key), fingerprint, response };
});

interface KeyRow {
  fingerprint: string;
  resource_id: string | null;
  status: number | null;
  body: unknown;
  /** The instant this request holds the key until; null while another one does. */
  until: string | null;
}

@Injectable()
export class Idempotency {
  constructor(private readonly database: Database) {}

  /**
   * Refuses `idempotency_key_reused` (422) for another request under the same key, then `idempotency_in_progress`
   * (409) while the first still runs; otherwise the one result, new or replayed.
   */
  async answerOnce<T>(request: KeyedRequest, work: KeyedWork<T>): Promise<T> {
    const found = await this.take(request);
    if (found.status !== null) {
      request.response.set('Idempotency-Replayed', 'true');
      if (found.status !== SUCCESS) throw new RecordedProblem(found.body as Problem);
      return found.body as T;
    }
    if (found.until === null) throw stillRunning();
    const lease: Lease = { ...request, until: found.until };
    const outcome = await this.attempt(lease, found.resource_id, work);
    if ('body' in outcome) {
      await this.finish(lease, SUCCESS, outcome.body);
      return outcome.body;
    }
    const problem = toProblem(outcome.error);
    if (problem === null || problem.status >= 500) await this.release(lease);
    else await this.finish(lease, problem.status, { ...problem, requestId: lease.response.req.id as string });
    throw outcome.error;
  }

  private async attempt<T>(
    lease: Lease,
    boundId: string | null,
    work: KeyedWork<T>,
  ): Promise<{ body: T } | { error: unknown }> {
    try {
      const bind: Bind = (tx, resourceId) => this.bind(tx, lease, resourceId);
      return { body: await work.answer(boundId ?? (await work.act(bind))) };
    } catch (error) {
      return { error };
    }
  }

  private async take(request: KeyedRequest): Promise<KeyRow> {
    const { caller, key, fingerprint } = request;
    const [fresh] = await this.database.reader.query<{ until: string }>(
      `with old as (
         select ctid from idempotency_keys where created_at < clock_timestamp() - make_interval(hours => ${KEPT_HOURS})
           and (locked_until is null or locked_until < clock_timestamp())
         order by created_at limit ${PRUNED_PER_KEY} for update skip locked),
       pruned as (delete from idempotency_keys where ctid in (select ctid from old))
       insert into idempotency_keys (caller, key, fingerprint, locked_until)
       values ($1, $2, $3, clock_timestamp() + make_interval(secs => ${LOCK_SECONDS}))
       on conflict do nothing returning locked_until::text as until`,
      [caller, key, fingerprint],
    );
    if (fresh !== undefined) return { fingerprint, resource_id: null, status: null, body: null, until: fresh.until };
    const [row] = await this.database.reader.query<KeyRow>(
      'select fingerprint, resource_id, status, body from idempotency_keys where caller = $1 and key = $2',
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
    return row.status === null ? this.takeOver(request, row) : row;
  }

  /** What the request before bound is read again: it may have committed and died since. */
  private async takeOver({ caller, key }: KeyedRequest, row: KeyRow): Promise<KeyRow> {
    const [taken] = await this.database.reader.query<{ until: string; resource_id: string | null }>(
      `update idempotency_keys set locked_until = clock_timestamp() + make_interval(secs => ${LOCK_SECONDS})
       where caller = $1 and key = $2 and status is null
         and (locked_until is null or locked_until <= clock_timestamp())
       returning locked_until::text as until, resource_id`,
      [caller, key],
    );
    return { ...row, ...(taken ?? { until: null }) };
  }

  /** Rolls the whole thing back when this request was stopped for so long that another one holds the key now. */
  private async bind(tx: Tx, lease: Lease, resourceId: string): Promise<void> {
    const bound = await tx.execute(`update idempotency_keys set resource_id = $4 where ${HELD}`, [
      ...heldBy(lease),
      resourceId,
    ]);
    if (bound === 0) throw stillRunning();
  }

  /** A request that lost its key meanwhile has no result to answer: the request that holds the key has. */
  private async finish(lease: Lease, status: number, body: unknown): Promise<void> {
    const kept = await this.database.reader.execute(
      `update idempotency_keys set status = $4, body = $5, locked_until = null where ${HELD}`,
      [...heldBy(lease), status, JSON.stringify(body)],
    );
    if (kept === 0) throw stillRunning();
  }

  /** Our own failure is no result: the caller may send the same key again at once. */
  private async release(lease: Lease): Promise<void> {
    await this.database.reader.query(`update idempotency_keys set locked_until = null where ${HELD}`, heldBy(lease));
  }
}

function heldBy({ caller, key, until }: Lease): unknown[] {
  return [caller, key, until];
}

/** The same body may come with its fields in another order. */
function inOneOrder(_name: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

function hash(text: string): string {
  return createHash('sha256').update(text).digest('hex');
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
