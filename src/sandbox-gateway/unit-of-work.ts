/**
 * Decides that a request's objects, its events and its kept answer are written together or not at all, in one statement.
 * Never commits: the transaction around it does. Objects are replaced, never changed, so an event keeps what it was told.
 */
import { randomBytes } from 'node:crypto';
import type pg from 'pg';
import Stripe from 'stripe';
import type { Kind, StoredKinds, StoredObject } from './store.js';
import type { LaterAct } from './test-cards.js';

const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';

/** Letters among the digits, so that no id ever looks like a card number. */
export function newId(prefix: string): string {
  return `${prefix}_${Array.from(randomBytes(24), (byte) => ALPHABET[byte % ALPHABET.length]).join('')}`;
}

export type EventName =
  | 'customer.created'
  | 'customer.updated'
  | 'customer.deleted'
  | 'payment_method.attached'
  | 'payment_method.detached'
  | 'payment_intent.created'
  | 'payment_intent.processing'
  | 'setup_intent.created'
  | 'setup_intent.requires_action'
  | 'charge.failed'
  | 'charge.updated'
  | 'charge.refund.updated'
  | 'charge.dispute.updated'
  | 'radar.early_fraud_warning.created'
  | 'payment_intent.succeeded'
  | 'payment_intent.payment_failed'
  | 'payment_intent.requires_action'
  | 'payment_intent.canceled'
  | 'setup_intent.succeeded'
  | 'setup_intent.setup_failed'
  | 'setup_intent.canceled'
  | 'charge.succeeded'
  | 'charge.refunded'
  | 'charge.dispute.created'
  | 'charge.dispute.funds_withdrawn'
  | 'charge.dispute.funds_reinstated'
  | 'charge.dispute.closed'
  | 'refund.created'
  | 'refund.updated'
  | 'refund.failed';

export interface UnitSettings {
  /** Business time, unix seconds. */
  now: number;
  requestId: string;
  key: string | undefined;
  delivery: { wanted: boolean; delayMs: number };
  /** Misfortunes of this one call. */
  faults: { failRefund: boolean; pendingRefund: boolean; processing: boolean };
}

export interface KeptAnswer {
  key: string;
  fingerprint: string;
  status: number;
  body: string;
}

/** What an endpoint of the billing service has enabled; the others can be listed. */
const DELIVERED: readonly EventName[] = [
  'payment_intent.succeeded',
  'payment_intent.payment_failed',
  'payment_intent.processing',
  'payment_intent.requires_action',
  'payment_intent.canceled',
  'setup_intent.succeeded',
  'setup_intent.setup_failed',
  'setup_intent.requires_action',
  'setup_intent.canceled',
  'charge.succeeded',
  'charge.refunded',
  'charge.dispute.created',
  'charge.dispute.updated',
  'charge.dispute.funds_withdrawn',
  'charge.dispute.funds_reinstated',
  'charge.dispute.closed',
  'radar.early_fraud_warning.created',
  'refund.created',
  'refund.updated',
  'refund.failed',
];

const WRITE_ALL = `
  with written as (
    insert into objects (id, kind, customer, payment_intent, created, body)
    select id, kind, customer, payment_intent, created, body from json_to_recordset($1::json)
      as o (id text, kind text, customer text, payment_intent text, created bigint, body json)
    on conflict (id) do update set customer = excluded.customer, body = excluded.body
  ), queued as (
    insert into deliveries (event_id, state, due_at)
    select id, case when body->>'type' = any($8) then $2 else 'skipped' end, now() + $3::float8 * interval '1 millisecond'
    from json_to_recordset($1::json) as o (id text, kind text, body json) where kind = 'event'
  ), following as (
    insert into later (object_id, act, due)
    select object_id, act, due from json_to_recordset($9::json) as l (object_id text, act text, due bigint)
    on conflict do nothing
  ), gone as (
    insert into detached (id) select unnest($10::text[]) on conflict do nothing
  ), kept as (
    insert into answers (key, fingerprint, status, body)
    select $4::text, $5, $6::integer, $7 where $4::text is not null
    on conflict (key) do update
      set fingerprint = excluded.fingerprint, status = excluded.status, body = excluded.body, created_at = now()
      where answers.created_at <= now() - interval '24 hours'
    returning 1
  )
  select count(*)::integer as kept from kept`;

export class UnitOfWork {
  private readonly written = new Map<string, StoredObject>();
  private readonly following: { object_id: string; act: LaterAct; due: number }[] = [];
  private readonly detached: string[] = [];

  constructor(
    private readonly client: pg.PoolClient,
    readonly settings: UnitSettings,
  ) {}

  get now(): number {
    return this.settings.now;
  }

  async find<K extends Kind>(kind: K, id: string): Promise<StoredKinds[K] | undefined> {
    const found = await this.findAny(id);
    return found?.object === kind ? (found as StoredKinds[K]) : undefined;
  }

  async findAny(id: string): Promise<StoredObject | undefined> {
    const own = this.written.get(id);
    if (own !== undefined) return own;
    const text = 'select body from objects where id = $1';
    const found = await this.client.query<{ body: StoredObject }>({ name: 'find-in-unit', text, values: [id] });
    return found.rows[0]?.body;
  }

  /** Nobody else changes the object until this unit is committed. */
  async lock<K extends Kind>(kind: K, id: string): Promise<StoredKinds[K] | undefined> {
    const text = 'select body from objects where id = $1 and kind = $2 for update';
    const found = await this.client.query<{ body: StoredKinds[K] }>(text, [id, kind]);
    return found.rows[0]?.body;
  }

  /** Committed ones, newest first. */
  async disputesOf(paymentIntent: string): Promise<Stripe.Dispute[]> {
    const text = `select body from objects where payment_intent = $1 and kind = 'dispute' order by seq desc`;
    const found = await this.client.query<{ body: Stripe.Dispute }>(text, [paymentIntent]);
    return found.rows.map((row) => row.body);
  }

  /** Happens by itself, so many seconds of business time from now. */
  later(act: LaterAct, objectId: string, seconds: number): void {
    this.following.push({ object_id: objectId, act, due: this.now + seconds });
  }

  detach(methodId: string): void {
    this.detached.push(methodId);
  }

  async isDetached(methodId: string): Promise<boolean> {
    const found = await this.client.query('select from detached where id = $1', [methodId]);
    return found.rows.length > 0;
  }

  save<T extends StoredObject>(object: T): T {
    this.written.set(object.id, object);
    return object;
  }

  emit(type: EventName, object: StoredObject): void {
    this.save({
      id: newId('evt'),
      object: 'event',
      api_version: Stripe.API_VERSION,
      created: this.now,
      data: { object },
      livemode: false,
      pending_webhooks: this.settings.delivery.wanted ? 1 : 0,
      request: { id: this.settings.requestId, idempotency_key: this.settings.key ?? null },
      type,
    } as Stripe.Event);
  }

  /** False when another request kept an answer under the same key meanwhile: then nothing of this one may be committed. */
  async write(answer: KeptAnswer | undefined): Promise<boolean> {
    if (this.written.size === 0 && answer === undefined) return true;
    const { wanted, delayMs } = this.settings.delivery;
    const rows = Array.from(this.written.values(), (body) => ({ ...columns(body), body }));
    const kept = await this.client.query<{ kept: number }>({
      name: 'write-all',
      text: WRITE_ALL,
      values: [
        JSON.stringify(rows),
        wanted ? 'pending' : 'skipped',
        delayMs,
        answer?.key,
        answer?.fingerprint,
        answer?.status,
        answer?.body,
        DELIVERED,
        JSON.stringify(this.following),
        this.detached,
      ],
    });
    return answer === undefined || kept.rows[0]?.kept === 1;
  }
}

function columns(object: StoredObject): Record<string, string | number | null> {
  const customer = 'customer' in object && typeof object.customer === 'string' ? object.customer : null;
  const intent = 'payment_intent' in object && typeof object.payment_intent === 'string' ? object.payment_intent : null;
  const created = 'created' in object ? object.created : 0;
  return { id: object.id, kind: object.object, customer, payment_intent: intent, created };
}
