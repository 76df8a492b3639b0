/**
 * What the service asks of a payment gateway, and the registry of gateways by name. An adapter speaks to one gateway and
 * puts its codes, statuses and units into our words; it decides nothing and keeps nothing.
 */
import type { Money } from '../domain/money.js';
import type { SettlementLine } from '../domain/reconciliation.js';
import type { GatewayDispute, GatewayNotice, GatewayRefund, Order, Outcome } from './outcome.js';

/** A request that was sent, as the gateway is asked about it. */
export interface SentRequest {
  order: Order;
  /** Our name for it there, and its idempotency key. */
  reference: string;
  /** The gateway's id of it, once known. */
  gatewayId: string | null;
  intendedAt: Date;
}

/** What the gateway calls a customer, or the outcome that stands in the way. */
export type CustomerAnswer = { kind: 'customer'; customerId: string } | Outcome;

/** An answer to a question about one thing; `unanswered`: none that can be used. */
export type Found<T> = T | 'unheard_of' | 'unanswered';

export interface PaymentGateway {
  /** As it is kept beside every id of the gateway's. */
  readonly name: string;
  /** For how long the same reference can be sent again without moving money twice. */
  readonly keyKeptMs: number;
  /** Asking twice under one reference, also at once, gives the same customer. */
  createCustomer(userId: string, reference: string): Promise<CustomerAnswer>;
  /** One try, never repeated by itself. */
  send(order: Order, reference: string): Promise<Outcome>;
  /** What became of a request; null when the gateway never heard of it. */
  find(request: SentRequest): Promise<Outcome | null>;
  /** What an id of the gateway's says about the order, and the reference it carries. */
  look(order: Order, gatewayId: string): Promise<Found<{ outcome: Outcome; reference: string | null }>>;
  /** Takes back what waits for the member; it may have succeeded in the meantime. */
  withdraw(order: Order, gatewayId: string): Promise<Outcome>;
  /** All that went back of a payment, whoever ordered it; an outcome where it cannot be told. */
  refundsOf(payment: string): Promise<GatewayRefund[] | Outcome>;
  findRefund(gatewayRefundId: string): Promise<Found<GatewayRefund>>;
  findDispute(gatewayDisputeId: string): Promise<Found<GatewayDispute>>;
  /** Disputes that began at an instant or later, also about payments that are not ours; without an instant, all. */
  disputesSince(since: Date | null): Promise<Found<GatewayDispute[]>>;
  /** The gateway's id of the payment that a warning of fraud is about. */
  findWarning(id: string): Promise<Found<{ paymentId: string | null; words: string }>>;
  /** Everything that moved the balance from one instant to another (exclusive). */
  movements(from: Date, to: Date): AsyncIterable<SettlementLine>;
  /** How long after a movement its line may still be missing. */
  readonly settlesWithinMs: number;
  /** A call of the gateway's, checked; throws a problem 400 for one that is not its own. `header` reads one by name. */
  readNotice(body: string, header: (name: string) => string | undefined): GatewayNotice;
  /** The least step of minor units that a currency is carried in; 0 where it is not carried at all. */
  stepOf(currency: string): number;
  /** Why an amount cannot be charged, in words; null when it can. */
  refusesAmount(money: Money): string | null;
}

export class Gateways {
  private readonly gateways = new Map<string, PaymentGateway>();

  /** The first is the one new members pay through. */
  constructor(...gateways: PaymentGateway[]) {
    for (const gateway of gateways) this.gateways.set(gateway.name, gateway);
  }

  get all(): readonly PaymentGateway[] {
    return [...this.gateways.values()];
  }

  /** Through which new authorizations go. */
  get forNew(): PaymentGateway {
    const [first] = this.gateways.values();
    if (first === undefined) throw new Error('no payment gateway is registered');
    return first;
  }

  of(name: string): PaymentGateway {
    const gateway = this.gateways.get(name);
    if (gateway === undefined) throw new Error(`no payment gateway is called ${name}`);
    return gateway;
  }

  find(name: string): PaymentGateway | null {
    return this.gateways.get(name) ?? null;
  }

  /** Takes the place of all others for new authorizations. */
  prefer(gateway: PaymentGateway): void {
    const others = [...this.gateways.values()].filter(({ name }) => name !== gateway.name);
    this.gateways.clear();
    for (const one of [gateway, ...others]) this.gateways.set(one.name, one);
  }
}
