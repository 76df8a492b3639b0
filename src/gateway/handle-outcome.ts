/**
 * The outcome handler: answers, queries, webhooks, withdrawals and what two people decided all enter here. It locks, reads
 * again, applies each outcome at most once, and never lets an older fact overwrite a newer one.
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS, plusMs } from '../domain/instant.js';
import { isLive } from '../domain/subscription.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import type { Change } from '../subscriptions/change.js';
import { GatewayCustomers } from './gateway-customers.js';
import type { GatewayRequestEntity, RequestFailure } from './gateway-request.entity.js';
import { CUSTOMER_GONE, GIVEN_UP, WITHDRAWN, type Outcome } from './outcome.js';
import { RequestCases } from './request-cases.js';
import { RequestKinds, type Decided } from './request-kind.js';
import { RequestStore } from './request.store.js';
import { countSame, whyGivenUp } from './same-answers.js';

const ASK_AFTER_MS = [
  2 * SECOND_MS,
  5 * SECOND_MS,
  15 * SECOND_MS,
  MINUTE_MS,
  2 * MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
];
// After as long as it has waited already: however often an answer says so, the next look is never far.
const WAITING_ASK_MIN_MS = 5 * MINUTE_MS;
const WAITING_ASK_MAX_MS = 6 * HOUR_MS;
// Who has not come by then does not come any more.
const WAITING_MAX_MS = 7 * DAY_MS;
const CASE_AFTER_MS = HOUR_MS;
// So many attempts in a row without any answer that can be had: the gateway does not carry this one out.
const GIVEN_UP_MAX = 5;

type Usable = Exclude<Decided, { kind: 'unknown' }>;
type Unusable = Extract<Outcome, { kind: 'unknown' | 'contradicts' }>;

@Injectable()
export class HandleOutcome {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly requests: RequestStore,
    private readonly kinds: RequestKinds,
    private readonly customers: GatewayCustomers,
    private readonly requestCases: RequestCases,
    private readonly cases: CaseStore,
  ) {}

  /** `request`: as it was read before the gateway was called. */
  async handle(request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    await this.changeSubscription.change(request.subscriptionId, 'gateway', async (change) => {
      const locked = await this.requests.lock(change.tx, request.id);
      if (outcome.kind === 'not_heard') return this.putBack(change, locked, request, outcome);
      return this.apply(change, locked, outcome);
    });
  }

  /** The same inside a change that already holds the locks. */
  async apply(
    change: Change,
    request: GatewayRequestEntity,
    outcome: Exclude<Outcome, { kind: 'not_heard' }>,
  ): Promise<void> {
    if (request.status === 'succeeded') return this.confirm(change, request, outcome);
    // A no is reversed only by a yes.
    if (request.status === 'failed' && outcome.kind !== 'succeeded') return this.answered(change, request, outcome);
    if (outcome.kind === 'unknown' || outcome.kind === 'contradicts') return this.keepUnknown(change, request, outcome);
    const settled = this.record(change, request, outcome);
    await this.requests.save(change.tx, settled);
    if (outcome.kind === 'declined' && outcome.code === CUSTOMER_GONE) await this.forgetCustomer(change, request);
    await this.kinds.of(request).settle(change, settled, outcome);
    // A payment nobody waits for any more is withdrawn at once.
    const forNobody = settled.status === 'waiting_for_member' && !isLive(change.subscription.status);
    if (forNobody) await this.requests.withdrawWaiting(change);
    await this.requestCases.follow(change, request, settled, outcome);
  }

  /**
   * The gateway has never heard of it. True when the same may be sent again; else no answer can come any more and another
   * attempt takes its place, or after some the gateway counts as unwilling. `keyKeptMs`: for how long it keeps a reference.
   */
  mayBeSentAgain(request: GatewayRequestEntity, keyKeptMs: number): Promise<boolean> {
    return this.changeSubscription.change(request.subscriptionId, 'gateway', async (change) => {
      const locked = await this.requests.lock(change.tx, request.id);
      if (locked.decidedAt !== null) return false;
      const why = whyGivenUp(locked, keyKeptMs, change.now);
      if (why !== null) await this.giveUp(change, locked, why);
      return why === null;
    });
  }

  /** Nothing was consumed: it is as it was before the call, and goes on later. */
  async putBack(
    change: Change,
    locked: GatewayRequestEntity,
    before: GatewayRequestEntity,
    { because, detail, retryAfterMs }: Extract<Outcome, { kind: 'not_heard' }>,
  ): Promise<void> {
    if (locked.decidedAt !== null) return this.answered(change, locked, { kind: 'unknown', detail });
    const delayMs = retryAfterMs ?? askAfterMs(locked.queries);
    const again = plusMs(change.now, delayMs);
    const unsent = locked.status === 'submitted' || locked.status === 'intended';
    const { firstSubmittedAt } = before;
    const put = unsent ? { status: 'intended' as const, sendAt: again, firstSubmittedAt } : { nextQueryAt: again };
    const waiting = { ...locked, ...put, queries: locked.queries + 1, leaseUntil: null };
    await this.requests.save(change.tx, waiting);
    // An outage is one case for all that it keeps waiting.
    if (because !== 'locked_out') await this.requestCases.watch(change, waiting, detail);
  }

  private async giveUp(change: Change, request: GatewayRequestEntity, why: string): Promise<void> {
    const attempts = await this.requests.attemptsWithin(change.tx, request.subjectId);
    const given = attempts.filter(({ failure }) => failure === 'given_up').length;
    if (given >= GIVEN_UP_MAX) return this.apply(change, request, { kind: 'refused', gatewayId: null, code: GIVEN_UP });
    await this.requests.save(change.tx, { ...decided(request, change.now), failure: 'given_up', code: GIVEN_UP });
    await this.cases.close(change.tx, request.id, `attempt ${request.attempt} was given up: ${why}`, change.now);
    await this.kinds.of(request).again(change, request);
  }

  /** A decided request was asked about once more: no longer, or later where there was no usable answer. */
  private async answered(change: Change, request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    if (request.nextQueryAt === null) return;
    const waitedMs = change.now.getTime() - (request.decidedAt ?? change.now).getTime();
    const laterMs = Math.min(Math.max(waitedMs, HOUR_MS), DAY_MS);
    const nextQueryAt = isDefinite(outcome) ? null : plusMs(change.now, laterMs);
    await this.requests.save(change.tx, { ...request, nextQueryAt });
  }

  /** The gateway reverses a yes, once: its kind follows, as a refund that bounced does, or a person looks. */
  private async confirm(change: Change, request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    const no = outcome.kind === 'declined' || outcome.kind === 'refused' || outcome.kind === 'withdrawn';
    if (!no || request.code !== null) return this.answered(change, request, outcome);
    const code = codeOf(outcome) ?? WITHDRAWN;
    await this.requests.save(change.tx, { ...request, code, nextQueryAt: null });
    const kind = this.kinds.of(request);
    if (kind.reversed !== undefined) return kind.reversed(change, request, code);
    const words = `${request.kind} ${request.reference} had succeeded, now the gateway says it failed: ${code}`;
    await this.requestCases.contradicts(change, request, words);
  }

  private record({ now }: Change, request: GatewayRequestEntity, outcome: Usable): GatewayRequestEntity {
    const gatewayId = outcome.gatewayId ?? request.gatewayId;
    const known = { ...request, gatewayId, sameAnswer: null, sameAnswers: 0, sameAnswerSince: null, leaseUntil: null };
    if (outcome.kind === 'processing' || outcome.kind === 'waiting_for_member')
      return this.keepWaiting(known, outcome, now);
    const yes = outcome.kind === 'succeeded';
    return {
      ...decided(known, now),
      status: yes ? 'succeeded' : 'failed',
      failure: yes ? null : failureOf(outcome),
      code: codeOf(outcome),
    };
  }

  /** The member may be done, or the bank, at any moment, and the webhook that says so may be lost. */
  private keepWaiting(
    request: GatewayRequestEntity,
    outcome: Extract<Usable, { kind: 'processing' | 'waiting_for_member' }>,
    now: Date,
  ): GatewayRequestEntity {
    const waits = outcome.kind === 'waiting_for_member';
    const waitedMs = now.getTime() - request.intendedAt.getTime();
    const overlong = waits && !request.withdrawn && waitedMs >= WAITING_MAX_MS;
    const askMs = overlong ? 0 : Math.min(Math.max(waitedMs, WAITING_ASK_MIN_MS), WAITING_ASK_MAX_MS);
    const caseAt = waits ? null : (request.caseAt ?? plusMs(request.intendedAt, outcome.patienceMs));
    const nextQueryAt = plusMs(now, askMs);
    return {
      ...request,
      status: outcome.kind,
      withdrawn: request.withdrawn || overlong,
      clientSecret: waits ? outcome.clientSecret : null,
      caseAt,
      nextQueryAt: caseAt !== null && caseAt > now && caseAt < nextQueryAt ? caseAt : nextQueryAt,
    };
  }

  /** Asked for again at growing intervals; undecided for too long, or contradicting what was asked, it becomes a case. */
  private async keepUnknown(change: Change, request: GatewayRequestEntity, outcome: Unusable): Promise<void> {
    const { now, tx } = change;
    const openForMs = now.getTime() - request.intendedAt.getTime();
    const growing = ASK_AFTER_MS[request.queries] ?? Math.min(Math.max(openForMs, HOUR_MS), DAY_MS);
    // By the hour it is decided or a case.
    const delayMs = openForMs < CASE_AFTER_MS ? Math.min(growing, CASE_AFTER_MS - openForMs) : growing;
    const waits = request.status === 'waiting_for_member' || request.status === 'processing';
    const unknown: GatewayRequestEntity = {
      ...request,
      ...(outcome.kind === 'unknown' ? countSame(request, outcome.sameAnswer ?? null, now) : {}),
      status: waits ? request.status : 'unknown',
      nextQueryAt: plusMs(now, delayMs),
      queries: request.queries + 1,
      leaseUntil: null,
    };
    await this.requests.save(tx, unknown);
    if (!waits) await this.kinds.of(request).settle(change, unknown, { kind: 'unknown', detail: outcome.detail });
    if (!waits && request.status !== 'unknown') {
      const words = `no usable answer from the gateway, it will be asked: ${outcome.detail}`;
      change.record(`${request.kind}.unknown`, null, words, { reference: request.reference });
    }
    if (outcome.kind === 'contradicts') await this.requestCases.contradicts(change, request, outcome.detail);
    else await this.requestCases.watch(change, unknown, outcome.detail);
  }

  private async forgetCustomer({ tx, subscription }: Change, { gateway, asks }: GatewayRequestEntity): Promise<void> {
    if (asks === null || asks.kind === 'refund') return;
    await this.customers.forget(tx, { gateway, userId: subscription.userId }, asks.customer);
  }
}

function isDefinite({ kind }: Outcome): boolean {
  return ['succeeded', 'declined', 'refused', 'withdrawn'].includes(kind);
}

/** Nothing is asked or awaited any more; the caller says which way it was decided. */
function decided(request: GatewayRequestEntity, now: Date): GatewayRequestEntity {
  const nothing = { clientSecret: null, nextQueryAt: null, sendAt: null, leaseUntil: null };
  return { ...request, ...nothing, status: 'failed', decidedAt: now };
}

function failureOf(outcome: Extract<Usable, { kind: 'declined' | 'refused' | 'withdrawn' }>): RequestFailure {
  return outcome.kind === 'declined' ? outcome.decline : outcome.kind;
}

function codeOf(outcome: Outcome): string | null {
  if (outcome.kind === 'withdrawn') return WITHDRAWN;
  return outcome.kind === 'declined' || outcome.kind === 'refused' ? outcome.code : null;
}

function askAfterMs(queries: number): number {
  return ASK_AFTER_MS[queries] ?? ASK_AFTER_MS.at(-1) ?? MINUTE_MS;
}
