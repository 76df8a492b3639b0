/** How each kind of order is created, found, read and canceled at Stripe. It throws what the SDK throws. */
import type Stripe from 'stripe';
import { DAY_MS, plusMs } from '../../domain/instant.js';
import type { Order, Outcome } from '../outcome.js';
import { readPayment, readRefund, readSetup } from './stripe-answers.js';
import { isMissing } from './stripe-errors.js';
import { toStripe } from './stripe-currencies.js';

type Charge = Extract<Order, { kind: 'charge' }>;
type Validation = Extract<Order, { kind: 'validation' }>;
type Refund = Extract<Order, { kind: 'refund' }>;

export interface Named {
  outcome: Outcome;
  reference: string | null;
}

const NO_REDIRECTS = { enabled: true, allow_redirects: 'never' } as const;
const WITH_METHOD = { expand: ['payment_method'] };
/** Stripe's clock and ours may differ by so much. */
const EARLIER_MS = DAY_MS;

export class StripeOrders {
  constructor(private readonly stripe: Stripe) {}

  /** `reference` is the idempotency key; the SDK sends it again only where the connection closed before any answer. */
  async create(order: Order, reference: string): Promise<Outcome> {
    const once = { idempotencyKey: reference };
    const metadata = { reference };
    switch (order.kind) {
      case 'charge': {
        const payment = await this.stripe.paymentIntents.create({ ...chargeOf(order), metadata, ...WITH_METHOD }, once);
        return readPayment(payment, order);
      }
      case 'validation': {
        const setup = await this.stripe.setupIntents.create({ ...setupOf(order), metadata, ...WITH_METHOD }, once);
        return readSetup(setup);
      }
      case 'refund': {
        const { amount } = toStripe(order);
        return readRefund(
          await this.stripe.refunds.create({ payment_intent: order.payment, amount, metadata }, once),
          order,
        );
      }
    }
  }

  async read(order: Order, gatewayId: string): Promise<Outcome> {
    return (await this.look(order, gatewayId)).outcome;
  }

  async look(order: Order, gatewayId: string): Promise<Named> {
    switch (order.kind) {
      case 'charge':
        return namedPayment(await this.stripe.paymentIntents.retrieve(gatewayId, WITH_METHOD), order);
      case 'validation':
        return namedSetup(await this.stripe.setupIntents.retrieve(gatewayId, WITH_METHOD), order);
      case 'refund':
        return namedRefund(await this.stripe.refunds.retrieve(gatewayId), order);
    }
  }

  /** Of the customer or the payment, newest first; of a customer that is gone, all since the request was written down. */
  async *list(order: Order, intendedAt: Date): AsyncGenerator<Named> {
    if (order.kind === 'refund') {
      for await (const refund of this.stripe.refunds.list({ payment_intent: order.payment, limit: 100 })) {
        yield namedRefund(refund, order);
      }
      return;
    }
    try {
      yield* this.listOf(order, { customer: order.customer });
    } catch (error) {
      if (!isMissing(error)) throw error;
      const gte = Math.floor(plusMs(intendedAt, -EARLIER_MS).getTime() / 1000);
      yield* this.listOf(order, { created: { gte } });
    }
  }

  async cancel(order: Order, gatewayId: string): Promise<void> {
    if (order.kind === 'charge') await this.stripe.paymentIntents.cancel(gatewayId);
    if (order.kind === 'validation') await this.stripe.setupIntents.cancel(gatewayId);
  }

  private async *listOf(
    order: Charge | Validation,
    which: { customer: string } | { created: { gte: number } },
  ): AsyncGenerator<Named> {
    const asked = { ...which, limit: 100, expand: ['data.payment_method'] };
    if (order.kind === 'charge') {
      for await (const payment of this.stripe.paymentIntents.list(asked)) yield namedPayment(payment, order);
    } else {
      for await (const setup of this.stripe.setupIntents.list(asked)) yield namedSetup(setup, order);
    }
  }
}

function chargeOf(order: Charge): Stripe.PaymentIntentCreateParams {
  const { customer, method, offSession, keepMethod } = order;
  return {
    ...toStripe(order),
    customer,
    payment_method: method,
    automatic_payment_methods: NO_REDIRECTS,
    confirm: true,
    ...(offSession ? { off_session: true } : {}),
    ...(keepMethod ? { setup_future_usage: 'off_session' } : {}),
  };
}

function setupOf({ customer, method }: Validation): Stripe.SetupIntentCreateParams {
  return {
    customer,
    payment_method: method,
    automatic_payment_methods: NO_REDIRECTS,
    usage: 'off_session',
    confirm: true,
  };
}

function namedPayment(payment: Stripe.PaymentIntent, order: Charge): Named {
  const outcome = ofOther(payment.customer, order.customer) ?? readPayment(payment, order);
  return { outcome, reference: payment.metadata.reference ?? null };
}

function namedSetup(setup: Stripe.SetupIntent, order: Validation): Named {
  return {
    outcome: ofOther(setup.customer, order.customer) ?? readSetup(setup),
    reference: setup.metadata?.reference ?? null,
  };
}

function namedRefund(refund: Stripe.Refund, order: Refund): Named {
  return {
    outcome: ofOther(refund.payment_intent, order.payment) ?? readRefund(refund, order),
    reference: refund.metadata?.reference ?? null,
  };
}

/** What belongs to another customer or payment than was asked for contradicts it. */
function ofOther(named: string | { id: string } | null, asked: string): Outcome | null {
  const id = typeof named === 'string' ? named : (named?.id ?? null);
  return id === asked ? null : { kind: 'contradicts', detail: `it belongs to ${id ?? 'nobody'}, not to ${asked}` };
}
