/**
 * Money that went back of a payment without us: by hand at the gateway, or decided after a backup that was restored. It is
 * found by a look, a notice or a settlement, and counts as returned: first it pays what is owed of the same payment, so that
 * nothing is paid twice; the rest is a refund of its own that finance gives its reason (rules 7, 11).
 */
import { Injectable } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import type { Charge } from '../domain/charge.js';
import { DAY_MS } from '../domain/instant.js';
import { formatMoney, type Money } from '../domain/money.js';
import { refundReference, restMinor, type Refund } from '../domain/refund.js';
import type { GatewayRefund, Order, Outcome } from '../gateway/outcome.js';
import type { GatewayRequest } from '../gateway/request-kind.js';
import { RequestStore } from '../gateway/request.store.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Change } from '../subscriptions/change.js';
import { RecordFoundRefund } from './record-found-refund.js';
import { RefundStore } from './refund.store.js';
import { SettleRefund } from './settle-refund.js';

/** As the gateway tells of a refund that is still under way there. */
const UNDER_WAY_MS = 14 * DAY_MS;

export interface FoundPayment {
  outcome: Extract<Outcome, { kind: 'succeeded' | 'processing' }>;
  order: Extract<Order, { kind: 'refund' }>;
}

@Injectable()
export class AdoptRefund {
  constructor(
    private readonly charges: ChargeStore,
    private readonly refunds: RefundStore,
    private readonly requests: RequestStore,
    private readonly recordFoundRefund: RecordFoundRefund,
    private readonly settleRefund: SettleRefund,
    private readonly cases: CaseStore,
  ) {}

  /**
   * Before a refund is sent: what the gateway has returned of its payment (`seen`) and nobody here knows. One pays this
   * refund, in full or in part, or counts beside it, as `payerOf` says; the others are kept as refunds of their own. Null when
   * the refund is to be sent.
   */
  async adoptAll(
    change: Change,
    request: GatewayRequest,
    seen: readonly GatewayRefund[],
  ): Promise<FoundPayment | null> {
    const unknown: GatewayRefund[] = [];
    for (const found of seen) {
      if (found.status !== 'failed' && !(await this.isKnown(change, request.gateway, found))) unknown.push(found);
    }
    if (unknown.length === 0) return null;
    const refund = await this.refunds.lock(change.tx, request.subjectId);
    const charge = await this.charges.lock(change.tx, refund.chargeId);
    const { payer, paysMinor } = payerOf(
      unknown.sort(byId),
      restMinor(refund),
      await this.roomFor(change, charge, refund),
    );
    // Of a part the next attempt looks again.
    if (payer === null || paysMinor === restMinor(refund)) {
      const others = unknown.filter((one) => one !== payer && one.status === 'succeeded');
      for (const one of others) await this.recordFoundRefund.record(change, charge, one, 'a look before a refund');
    }
    if (payer === null) return null;
    return { outcome: outcomeOf(payer), order: { ...orderOf(payer), paysMinor } };
  }

  /** The gateway has returned it, by this attempt; what went back beyond it becomes a refund of its own. */
  async settle(
    change: Change,
    refund: Refund,
    attempt: Pick<GatewayRequest, 'attempt' | 'asks' | 'gatewayId'>,
    gatewayRefundId: string,
  ): Promise<void> {
    const excessMinor = await this.settleRefund.succeeded(change, refund, attempt, gatewayRefundId);
    if (excessMinor === 0) return;
    const charge = await this.charges.lock(change.tx, refund.chargeId);
    const excess = { amountMinor: excessMinor, currency: refund.currency };
    await this.recordFoundRefund.recordExcess(change, charge, excess, gatewayRefundId);
  }

  /**
   * By a notice or a settlement. `foundBy`: which, for the timeline. False when it cannot be applied yet: the capture is not
   * booked, or a refund of the same payment is under way.
   */
  async adopt(change: Change, chargeId: string, found: GatewayRefund, foundBy: string): Promise<boolean> {
    const { tx } = change;
    const charge = await this.charges.lock(tx, chargeId);
    if (charge.status !== 'succeeded' || found.status === 'processing') return false;
    if (found.status === 'failed' || (await this.isKnown(change, charge.gateway, found))) return true;
    const all = await this.refunds.lockAll(tx, chargeId);
    if (all.some(({ status }) => status === 'pending')) return false;
    const owed = all.find(({ status }) => status === 'failed');
    if (owed !== undefined) await this.pay(change, owed, found);
    else if (found.currency !== charge.currency || found.amountMinor > (await this.heldMinor(change, charge))) {
      await this.contradicts(change, charge, found);
    } else await this.recordFoundRefund.record(change, charge, found, foundBy);
    return true;
  }

  /** One that failed here has gone back all the same. */
  private async pay(change: Change, owed: Refund, found: GatewayRefund): Promise<void> {
    const refund: Refund = { ...owed, attempts: owed.attempts + 1 };
    const { id: subjectId, attempts: attempt, gateway } = refund;
    const made = {
      kind: 'refund',
      subjectId,
      attempt,
      gateway,
      reference: refundReference(subjectId, attempt),
    } as const;
    const request = { ...made, asks: orderOf(found), gatewayId: found.gatewayRefundId };
    await this.refunds.save(change.tx, refund);
    await this.requests.adopt(change, request);
    await this.settle(change, refund, request, found.gatewayRefundId);
  }

  /** By its id, or by our reference: that request is then asked about once more and brings its own answer. */
  private async isKnown(
    { tx, now }: Change,
    gateway: string,
    { gatewayRefundId, reference }: GatewayRefund,
  ): Promise<boolean> {
    if ((await this.requests.findByGatewayId(tx, gateway, gatewayRefundId)) !== null) return true;
    const request = reference === null ? null : await this.requests.findByReference(reference, tx);
    if (request === null || request.firstSubmittedAt === null) return false;
    await this.requests.askAgain(tx, [request.reference], now);
    return true;
  }

  /** Minor units that may go back beside what is known here, this refund left out. */
  private async roomFor(change: Change, charge: Charge, refund: Refund): Promise<number> {
    return (await this.heldMinor(change, charge)) + restMinor(refund);
  }

  private async heldMinor({ tx }: Change, { id, amountMinor }: Charge): Promise<number> {
    return amountMinor - (await this.refunds.returnedMinor(tx, id));
  }

  private contradicts({ tx, now }: Change, charge: Charge, found: GatewayRefund): Promise<void> {
    const words = `${formatMoney(found)} went back as ${found.gatewayRefundId}: more of charge ${charge.reference} than it still holds`;
    return this.cases.open(tx, {
      kind: 'refund_found',
      subscriptionId: charge.subscriptionId,
      subjectId: charge.id,
      explanation: words,
      data: { ...found },
      openedAt: now,
      recurs: true,
    });
  }
}

/** A reference that this service has once given, and no longer remembers: an older backup was restored. */
const OURS = /^refund_/;

/**
 * Which of the refunds that others made pays what is owed, and how much of it: one that carries a reference of ours, or that
 * is the very amount; else it counts as returned beside it, and pays only what is more than the payment still holds.
 */
function payerOf(
  found: readonly GatewayRefund[],
  owedMinor: number,
  roomMinor: number,
): { payer: GatewayRefund | null; paysMinor: number } {
  const same = found.find(({ reference, amountMinor }) => OURS.test(reference ?? '') || amountMinor === owedMinor);
  if (same !== undefined) return { payer: same, paysMinor: Math.min(same.amountMinor, owedMinor) };
  const foundMinor = found.reduce((sum, { amountMinor }) => sum + amountMinor, 0);
  const overMinor = owedMinor - (roomMinor - foundMinor);
  const [first] = found;
  if (first === undefined || overMinor <= 0) return { payer: null, paysMinor: 0 };
  return { payer: first, paysMinor: Math.min(first.amountMinor, owedMinor, overMinor) };
}

function byId(a: GatewayRefund, b: GatewayRefund): number {
  return a.gatewayRefundId < b.gatewayRefundId ? -1 : 1;
}

function orderOf({ paymentId, amountMinor, currency }: GatewayRefund): Extract<Order, { kind: 'refund' }> {
  const money: Money = { amountMinor, currency };
  return { kind: 'refund', payment: paymentId ?? '', ...money };
}

function outcomeOf({ gatewayRefundId: gatewayId, status }: GatewayRefund): FoundPayment['outcome'] {
  if (status === 'succeeded') return { kind: 'succeeded', gatewayId, method: null };
  return { kind: 'processing', gatewayId, detail: 'returned by others, under way', patienceMs: UNDER_WAY_MS };
}
