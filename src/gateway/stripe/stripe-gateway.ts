/**
 * Speaks to Stripe, or to anything that speaks Stripe's API, through the official SDK only. Every call has a reference
 * that is its idempotency key and its metadata, one try where money moves, and a time limit; every answer becomes an outcome.
 */
import { Injectable } from '@nestjs/common';
import Stripe from 'stripe';
import type { Money } from '../../domain/money.js';
import { Config } from '../../platform/config.js';
import { RequestProblem } from '../../platform/http/problem.js';
import { machineNow } from '../../platform/time/clock.js';
import { WITHDRAWN, type Outcome, type GatewayDispute } from '../outcome.js';
import { readDispute, readPayment, readRefund, readSetup, readTrouble } from './stripe-answers.js';

const EVENT_TOLERANCE_SECONDS = 300;
const SANDBOX_KEY = 'sk_test_sandbox';

export interface ChargeOrder {
  customer: string;
  method: string;
  money: Money;
  reference: string;
  /** The member is not there: nothing can be authenticated. */
  offSession: boolean;
  /** Keep the method for later charges when this one succeeds. */
  keepMethod: boolean;
}

@Injectable()
export class StripeGateway {
  private readonly stripe: Stripe;

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
  }

  /** Creates the customer the gateway knows the user by; asking twice, also at once, gives the same one. */
  async createCustomer(userId: string): Promise<string> {
    const customer = await this.stripe.customers.create(
      { metadata: { userId } },
      { idempotencyKey: `customer_${userId}`, maxNetworkRetries: 3 },
    );
    return customer.id;
  }

  async charge(order: ChargeOrder): Promise<Outcome> {
    const { customer, method, money, reference } = order;
    const answer = await this.outcomeOf(async () => {
      const payment = await this.stripe.paymentIntents.create(
        {
          amount: money.amountMinor,
          currency: money.currency.toLowerCase(),
          customer,
          payment_method: method,
          automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
          confirm: true,
          metadata: { reference },
          expand: ['payment_method'],
          ...(order.offSession ? { off_session: true } : {}),
          ...(order.keepMethod ? { setup_future_usage: 'off_session' as const } : {}),
        },
        { idempotencyKey: reference },
      );
      return readPayment(payment, money);
    });
    return this.closeDeclined(answer, money);
  }

  /** Checks that a method can be charged without the member, without taking money. */
  validate(customer: string, method: string, reference: string): Promise<Outcome> {
    return this.outcomeOf(async () => {
      const setup = await this.stripe.setupIntents.create(
        {
          customer,
          payment_method: method,
          automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
          usage: 'off_session',
          confirm: true,
          metadata: { reference },
          expand: ['payment_method'],
        },
        { idempotencyKey: reference },
      );
      return readSetup(setup);
    });
  }

  refund(payment: string, money: Money, reference: string): Promise<Outcome> {
    return this.outcomeOf(async () => {
      const refund = await this.stripe.refunds.create(
        { payment_intent: payment, amount: money.amountMinor, metadata: { reference } },
        { idempotencyKey: reference },
      );
      return readRefund(refund, money);
    });
  }

  /** What became of a charge, by its reference; null when the gateway never heard of it. */
  async findCharge(customer: string, reference: string, money: Money): Promise<Outcome | null> {
    const found = await this.outcomeOf(async () => {
      const expand = ['data.payment_method'];
      for await (const payment of this.stripe.paymentIntents.list({ customer, limit: 100, expand })) {
        if (payment.metadata.reference === reference) return readPayment(payment, money);
      }
      return null;
    });
    return found === null ? null : this.closeDeclined(found, money);
  }

  findValidation(customer: string, reference: string): Promise<Outcome | null> {
    return this.outcomeOf(async () => {
      const expand = ['data.payment_method'];
      for await (const setup of this.stripe.setupIntents.list({ customer, limit: 100, expand })) {
        if (setup.metadata?.reference === reference) return readSetup(setup);
      }
      return null;
    });
  }

  findRefund(payment: string, reference: string, money: Money): Promise<Outcome | null> {
    return this.outcomeOf(async () => {
      for await (const refund of this.stripe.refunds.list({ payment_intent: payment, limit: 100 })) {
        if (refund.metadata?.reference === reference) return readRefund(refund, money);
      }
      return null;
    });
  }

  /** What the gateway says of a dispute now. */
  findDispute(id: string): Promise<GatewayDispute | 'unheard_of' | 'unanswered'> {
    return this.answerOf(async () =>
      readDispute(await this.stripe.disputes.retrieve(id, { expand: ['payment_intent'] })),
    );
  }

  /** Disputes that began at an instant or later, also about payments that are not ours; without an instant, all. */
  disputesSince(since: Date | null): Promise<GatewayDispute[] | 'unheard_of' | 'unanswered'> {
    return this.answerOf(async () => {
      const disputes: GatewayDispute[] = [];
      const created = since === null ? {} : { created: { gte: Math.floor(since.getTime() / 1000) } };
      const expand = ['data.payment_intent'];
      for await (const dispute of this.stripe.disputes.list({ limit: 100, expand, ...created })) {
        disputes.push(readDispute(dispute));
      }
      return disputes;
    });
  }

  /** Everything that moved the balance from one instant to another (exclusive), each with what moved. */
  balanceTransactions(from: Date, to: Date): AsyncIterable<Stripe.BalanceTransaction> {
    const created = { gte: Math.floor(from.getTime() / 1000), lt: Math.floor(to.getTime() / 1000) };
    return this.stripe.balanceTransactions.list(
      { created, limit: 100, expand: ['data.source'] },
      { maxNetworkRetries: 3 },
    );
  }

  /** Takes a charge back that waits for the member; it may have succeeded in the meantime. */
  async withdrawCharge(gatewayId: string, money: Money): Promise<Outcome> {
    return this.withdraw(
      () => this.stripe.paymentIntents.cancel(gatewayId),
      async () =>
        readPayment(await this.stripe.paymentIntents.retrieve(gatewayId, { expand: ['payment_method'] }), money),
    );
  }

  async withdrawValidation(gatewayId: string): Promise<Outcome> {
    return this.withdraw(
      () => this.stripe.setupIntents.cancel(gatewayId),
      async () => readSetup(await this.stripe.setupIntents.retrieve(gatewayId, { expand: ['payment_method'] })),
    );
  }

  /** The event of a webhook call; refuses 400 `webhook_signature_invalid`, also when its time is 300 s off either way. */
  readEvent(payload: string, signature: string): Stripe.Event {
    const sentAtSeconds = Number(/(?:^|,)t=(\d+)/.exec(signature)?.[1]);
    const offSeconds = Math.abs(machineNow().getTime() / 1000 - sentAtSeconds);
    try {
      if (!(offSeconds <= EVENT_TOLERANCE_SECONDS)) throw new Error('its time is too far from ours');
      return this.stripe.webhooks.constructEvent(
        payload,
        signature,
        this.config.STRIPE_WEBHOOK_SECRET,
        EVENT_TOLERANCE_SECONDS,
      );
    } catch {
      throw new RequestProblem(
        400,
        'webhook_signature_invalid',
        'The Stripe-Signature does not fit this body and time.',
      );
    }
  }

  /**
   * A declined payment can still be confirmed by a device that holds its secret; the decline is definitive, and another
   * attempt safe, only once it is canceled.
   */
  private async closeDeclined(declined: Outcome, money: Money): Promise<Outcome> {
    if (declined.kind !== 'failed' || declined.gatewayId === null) return declined;
    const closed = await this.withdrawCharge(declined.gatewayId, money);
    return closed.kind === 'failed' ? declined : closed;
  }

  private async withdraw(cancel: () => Promise<{ id: string }>, read: () => Promise<Outcome>): Promise<Outcome> {
    const canceled = await this.outcomeOf<Outcome>(async () => {
      const { id } = await cancel();
      return { kind: 'failed', gatewayId: id, code: WITHDRAWN };
    });
    // Anything but a clean yes: read what it became.
    return canceled.kind === 'failed' && canceled.code === WITHDRAWN ? canceled : this.outcomeOf(read);
  }

  private async answerOf<T>(call: () => Promise<T>): Promise<T | 'unheard_of' | 'unanswered'> {
    try {
      return await call();
    } catch (error) {
      if (!(error instanceof Stripe.errors.StripeError)) throw error;
      return error.statusCode === 404 ? 'unheard_of' : 'unanswered';
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
