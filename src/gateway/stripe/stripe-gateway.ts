/**
 * Speaks to Stripe, or to anything that speaks Stripe's API, through the official SDK only. Every request has a reference
 * that is its idempotency key and its metadata, one try where money moves, and a time limit; every answer becomes an outcome.
 */
import { Injectable } from '@nestjs/common';
import Stripe from 'stripe';
import { HOUR_MS } from '../../domain/instant.js';
import type { Money } from '../../domain/money.js';
import type { SettlementLine } from '../../domain/reconciliation.js';
import { Config } from '../../platform/config.js';
import {
  CUSTOMER_GONE,
  METHOD_REJECTED,
  type GatewayDispute,
  type GatewayNotice,
  type GatewayRefund,
  type Order,
  type Outcome,
} from '../outcome.js';
import type { CustomerAnswer, Found, PaymentGateway, SentRequest } from '../payment-gateway.js';
import { readDispute, readReturned } from './stripe-answers.js';
import { refusesAmount, stepOf } from './stripe-currencies.js';
import { isMissing, mayBeGone, readTrouble } from './stripe-errors.js';
import { movementOf, STRIPE_SETTLES_WITHIN_MS } from './stripe-movements.js';
import { readStripeNotice } from './stripe-notice.js';
import { StripeOrders } from './stripe-orders.js';

const SANDBOX_KEY = 'sk_test_sandbox';

@Injectable()
export class StripeGateway implements PaymentGateway {
  readonly name = 'stripe';
  // Stripe keeps idempotency keys for at least 24 hours; within 20 the same key cannot charge twice.
  readonly keyKeptMs = 20 * HOUR_MS;
  readonly settlesWithinMs = STRIPE_SETTLES_WITHIN_MS;
  private readonly stripe: Stripe;
  private readonly orders: StripeOrders;

  constructor(private readonly config: Config) {
    const base = config.STRIPE_API_BASE === undefined ? null : new URL(config.STRIPE_API_BASE);
    this.stripe = new Stripe(config.STRIPE_API_KEY ?? SANDBOX_KEY, {
      maxNetworkRetries: 0,
      timeout: config.GATEWAY_TIMEOUT_MS,
      telemetry: false,
      ...(base === null
        ? {}
        : { host: base.hostname, port: base.port, protocol: base.protocol === 'https:' ? 'https' : 'http' }),
    });
    this.orders = new StripeOrders(this.stripe);
  }

  async createCustomer(userId: string, reference: string): Promise<CustomerAnswer> {
    try {
      const { id: customerId } = await this.stripe.customers.create(
        { metadata: { userId } },
        // No money moves: two sign-ups at once wait for each other here.
        { idempotencyKey: reference, maxNetworkRetries: 3 },
      );
      return { kind: 'customer', customerId };
    } catch (error) {
      return readTrouble(error);
    }
  }

  async send(order: Order, reference: string): Promise<Outcome> {
    const outcome = await this.outcomeOf(() => this.orders.create(order, reference));
    return this.closeDeclined(order, order.kind === 'refund' ? outcome : await this.orWhatIsGone(order, outcome));
  }

  async find({ order, reference, gatewayId, intendedAt }: SentRequest): Promise<Outcome | null> {
    const found = await this.outcomeOf(async () => {
      if (gatewayId !== null) return this.orders.read(order, gatewayId);
      for await (const { outcome, reference: named } of this.orders.list(order, intendedAt)) {
        if (named === reference) return outcome;
      }
      return null;
    });
    return found === null ? null : this.closeDeclined(order, found);
  }

  look(order: Order, gatewayId: string): Promise<Found<{ outcome: Outcome; reference: string | null }>> {
    return this.answerOf(() => this.orders.look(order, gatewayId));
  }

  async withdraw(order: Order, gatewayId: string): Promise<Outcome> {
    const canceled = await this.outcomeOf<Outcome>(async () => {
      await this.orders.cancel(order, gatewayId);
      return { kind: 'withdrawn', gatewayId };
    });
    // Anything but a clean yes: read what it became.
    return canceled.kind === 'withdrawn' ? canceled : this.outcomeOf(() => this.orders.read(order, gatewayId));
  }

  async refundsOf(payment: string): Promise<GatewayRefund[] | Outcome> {
    try {
      const refunds: GatewayRefund[] = [];
      for await (const refund of this.stripe.refunds.list({ payment_intent: payment, limit: 100 })) {
        refunds.push(readReturned(refund));
      }
      return refunds;
    } catch (error) {
      return readTrouble(error);
    }
  }

  findRefund(id: string): Promise<Found<GatewayRefund>> {
    return this.answerOf(async () => readReturned(await this.stripe.refunds.retrieve(id)));
  }

  findDispute(id: string): Promise<Found<GatewayDispute>> {
    return this.answerOf(async () =>
      readDispute(await this.stripe.disputes.retrieve(id, { expand: ['payment_intent'] })),
    );
  }

  disputesSince(since: Date | null): Promise<Found<GatewayDispute[]>> {
    return this.answerOf(async () => {
      const disputes: GatewayDispute[] = [];
      const created = since === null ? {} : { created: { gte: secondsOf(since) } };
      const expand = ['data.payment_intent'];
      for await (const dispute of this.stripe.disputes.list({ limit: 100, expand, ...created })) {
        disputes.push(readDispute(dispute));
      }
      return disputes;
    });
  }

  findWarning(id: string): Promise<Found<{ paymentId: string | null; words: string }>> {
    return this.answerOf(async () => {
      const { payment_intent: payment, fraud_type: words } = await this.stripe.radar.earlyFraudWarnings.retrieve(id);
      return { paymentId: typeof payment === 'string' ? payment : (payment?.id ?? null), words };
    });
  }

  async *movements(from: Date, to: Date): AsyncGenerator<SettlementLine> {
    const asked = { created: { gte: secondsOf(from), lt: secondsOf(to) }, limit: 100, expand: ['data.source'] };
    for await (const transaction of this.stripe.balanceTransactions.list(asked, { maxNetworkRetries: 3 })) {
      yield movementOf(transaction);
    }
  }

  readNotice(body: string, header: (name: string) => string | undefined): GatewayNotice {
    const signature = header('stripe-signature') ?? '';
    return readStripeNotice(this.stripe.webhooks, { body, signature, secret: this.config.STRIPE_WEBHOOK_SECRET });
  }

  stepOf(currency: string): number {
    return stepOf(currency);
  }

  refusesAmount(money: Money): string | null {
    return refusesAmount(money);
  }

  /**
   * A declined payment can still be confirmed by a device that holds its secret; the decline is definitive, and another
   * attempt safe, only once it is canceled.
   */
  private async closeDeclined(order: Order, outcome: Outcome): Promise<Outcome> {
    const open = order.kind === 'charge' && (outcome.kind === 'declined' || outcome.kind === 'refused');
    if (!open || outcome.gatewayId === null) return outcome;
    const closed = await this.withdraw(order, outcome.gatewayId);
    return ['withdrawn', 'declined', 'refused'].includes(closed.kind) ? outcome : closed;
  }

  /** A refusal does not always name what is gone: the customer and the method are looked up. */
  private async orWhatIsGone(order: Exclude<Order, { kind: 'refund' }>, outcome: Outcome): Promise<Outcome> {
    if (!mayBeGone(outcome)) return outcome;
    const { customer, method } = order;
    const gone = { ...outcome, kind: 'declined', gatewayId: null, decline: 'hard' } as const;
    const known = await this.answerOf(() => this.stripe.customers.retrieve(customer));
    if (known === 'unheard_of' || (typeof known === 'object' && known.deleted === true)) {
      return { ...gone, code: CUSTOMER_GONE };
    }
    // One that is new has no customer yet.
    if (order.kind === 'validation' || order.keepMethod) return outcome;
    const kept = await this.answerOf(() => this.stripe.paymentMethods.retrieve(method));
    const usable = kept === 'unanswered' || (typeof kept === 'object' && kept.customer === customer);
    return usable ? outcome : { ...gone, code: METHOD_REJECTED };
  }

  private async answerOf<T>(call: () => Promise<T>): Promise<Found<T>> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeError)) throw error;
      return isMissing(error) ? 'unheard_of' : 'unanswered';
    }
  }

  private async outcomeOf<T extends Outcome | null>(call: () => Promise<T>): Promise<T | Outcome> {
    try {
      return await call();
    } catch (error) {
      return readTrouble(error);
    }
  }
}

function secondsOf(at: Date): number {
  return Math.floor(at.getTime() / 1000);
}
