/**
 * The second body of `PaymentGateway`: it answers any call with any answer, at any time and in any order, and remembers what
 * it was asked. Without a script it is honest: what it was asked to move has moved, and it says so. A script says apart what
 * happens to the money and what is answered.
 */
import { Readable } from 'node:stream';
import type { SettlementLine } from '../../src/domain/reconciliation.js';
import type { GatewayDispute, GatewayNotice, GatewayRefund, Order, Outcome } from '../../src/gateway/outcome.js';
import type { CustomerAnswer, Found, PaymentGateway, SentRequest } from '../../src/gateway/payment-gateway.js';
import type { Movement } from './sandbox-client.js';

export type ScriptedCall = 'customer' | 'send' | 'find' | 'withdraw' | 'refunds';

/** What happens once. `moves`: whether the money moves, as it does without a script where the answer is a yes. */
export interface Act {
  moves?: boolean;
  answers: Outcome | ((order: Order | null) => Outcome | Promise<Outcome>);
}

export interface Asked {
  call: ScriptedCall;
  reference: string;
  order: Order | null;
}

interface Moved {
  gatewayId: string;
  reference: string | null;
  order: Order;
}

interface Scripted extends Act {
  call: ScriptedCall;
  /** Of which references, each with the customer or payment of its order behind a space; the first that fits. */
  of: RegExp;
  left: number;
}

export class ScriptedGateway implements PaymentGateway {
  readonly name = 'scripted';
  readonly keyKeptMs = 20 * 3_600_000;
  readonly settlesWithinMs = 0;
  readonly asked: Asked[] = [];
  /** As it tells them now. */
  readonly disputes = new Map<string, GatewayDispute>();
  private readonly script: Scripted[] = [];
  private readonly moved: Moved[] = [];
  private readonly customers = new Map<string, string>();
  private count = 0;
  private odd = { perHundred: 0, chance: (): number => 1 };
  private readonly oddTurns = new Map<ScriptedCall, number>();

  /** The next `times` calls of this name, of references that fit, are answered so. */
  next(call: ScriptedCall, of: RegExp, act: Act, times = 1): void {
    this.script.push({ ...act, call, of, left: times });
  }

  /** From here on so many of a hundred calls are answered oddly; `chance`: from 0 to 1, of a printed seed. 0: none any more. */
  oddly(perHundred: number, chance: () => number): void {
    this.odd = { perHundred, chance };
  }

  /** Nothing is scripted any more. */
  forget(): void {
    this.script.length = 0;
  }

  /** Of one call, or of all; in the order in which they came. */
  askedFor(of: RegExp, call?: ScriptedCall): Asked[] {
    return this.asked.filter((one) => of.test(one.reference) && (call === undefined || one.call === call));
  }

  /** Money that moves without being asked for, as by hand at the gateway. Returns its id. */
  move(order: Order, reference: string | null = null): string {
    const gatewayId = this.idOf(order);
    this.moved.push({ gatewayId, reference, order });
    return gatewayId;
  }

  /** Under which id it has moved what a reference names; empty where nothing did. */
  idUnder(reference: string): string {
    return this.moved.find((one) => one.reference === reference)?.gatewayId ?? '';
  }

  /** The gateway's own record, in the words of the sandbox's. */
  movements(): Promise<Movement[]>;
  movements(from: Date, to: Date): AsyncIterable<SettlementLine>;
  movements(from?: Date): Promise<Movement[]> | AsyncIterable<SettlementLine> {
    if (from !== undefined) return Readable.from([]);
    const money = this.moved.filter(({ order }) => order.kind !== 'validation');
    return Promise.resolve(money.map((one) => movementOf(one)));
  }

  async createCustomer(userId: string, reference: string): Promise<CustomerAnswer> {
    const scripted = await this.play('customer', reference, null);
    if (scripted !== null) return scripted;
    const customerId = this.customers.get(reference) ?? `customer-${(this.count += 1)}-${userId}`;
    this.customers.set(reference, customerId);
    return { kind: 'customer', customerId };
  }

  async send(order: Order, reference: string): Promise<Outcome> {
    const known = this.moved.find((one) => one.reference === reference);
    const scripted = await this.play('send', reference, order);
    if (scripted !== null) return scripted;
    if (known !== undefined) return yes(known);
    this.move(order, reference);
    return yes(this.moved.at(-1)!);
  }

  async find({ order, reference, gatewayId }: SentRequest): Promise<Outcome | null> {
    const scripted = await this.play('find', reference, order);
    if (scripted !== null) return scripted;
    const found = this.moved.find((one) => one.reference === reference || one.gatewayId === gatewayId);
    return found === undefined ? null : yes(found);
  }

  look(order: Order, gatewayId: string): Promise<Found<{ outcome: Outcome; reference: string | null }>> {
    const found = this.moved.find((one) => one.gatewayId === gatewayId && one.order.kind === order.kind);
    if (found === undefined) return Promise.resolve('unheard_of');
    const same = amountOf(found.order) === amountOf(order) && ownerOf(found.order) === ownerOf(order);
    const outcome: Outcome = same ? yes(found) : { kind: 'contradicts', detail: 'another amount' };
    return Promise.resolve({ outcome, reference: found.reference });
  }

  async withdraw(order: Order, gatewayId: string): Promise<Outcome> {
    const scripted = await this.play('withdraw', gatewayId, order);
    const same = this.moved.find(
      (one) =>
        order.kind === 'charge' &&
        one.order.kind === 'charge' &&
        one.order.customer === order.customer &&
        amountOf(one.order) === amountOf(order),
    );
    return scripted ?? (same === undefined ? { kind: 'withdrawn', gatewayId } : yes(same));
  }

  async refundsOf(payment: string): Promise<GatewayRefund[] | Outcome> {
    return (
      (await this.play('refunds', payment, null)) ?? this.refunds().filter(({ paymentId }) => paymentId === payment)
    );
  }

  findRefund(gatewayRefundId: string): Promise<Found<GatewayRefund>> {
    return Promise.resolve(this.refunds().find((one) => one.gatewayRefundId === gatewayRefundId) ?? 'unheard_of');
  }

  findDispute(gatewayDisputeId: string): Promise<Found<GatewayDispute>> {
    return Promise.resolve(this.disputes.get(gatewayDisputeId) ?? 'unheard_of');
  }

  disputesSince(): Promise<Found<GatewayDispute[]>> {
    return Promise.resolve([]);
  }

  findWarning(): Promise<Found<{ paymentId: string | null; words: string }>> {
    return Promise.resolve('unheard_of');
  }

  /** Its notices are their own proof. */
  readNotice(body: string): GatewayNotice {
    return JSON.parse(body) as GatewayNotice;
  }

  stepOf(): number {
    return 1;
  }

  refusesAmount(): null {
    return null;
  }

  private refunds(): GatewayRefund[] {
    return this.moved.flatMap(({ gatewayId, reference, order }) =>
      order.kind === 'refund'
        ? [
            {
              gatewayRefundId: gatewayId,
              paymentId: order.payment,
              reference,
              amountMinor: order.amountMinor,
              currency: order.currency,
              status: 'succeeded',
            },
          ]
        : [],
    );
  }

  private async play(call: ScriptedCall, reference: string, order: Order | null): Promise<Outcome | null> {
    this.asked.push({ call, reference, order });
    const named = nameOf(reference, order);
    const scripted = this.script.find((one) => one.call === call && one.left > 0 && one.of.test(named));
    if (scripted !== undefined) scripted.left -= 1;
    const act = scripted ?? this.oddAct(call);
    if (act === undefined) return null;
    const isKnown = this.moved.some((one) => one.reference === reference);
    if (act.moves === true && order !== null && !isKnown) this.move(order, reference);
    if (typeof act.answers === 'function') return act.answers(order);
    const id = this.idUnder(reference);
    const { answers } = act;
    return answers.kind === 'processing' && answers.gatewayId === '' ? { ...answers, gatewayId: id } : answers;
  }

  private oddAct(call: ScriptedCall): Act | undefined {
    const { perHundred, chance } = this.odd;
    if (chance() * 100 >= perHundred) return undefined;
    const acts = ODD[call];
    // Each in turn, so that every one of them is given.
    const turn = this.oddTurns.get(call) ?? Math.floor(chance() * acts.length);
    this.oddTurns.set(call, turn + 1);
    return acts[turn % acts.length];
  }

  private idOf(order: Order): string {
    this.count += 1;
    return `${order.kind}-${this.count}`;
  }
}

const NO_ANSWER: Act = { answers: { kind: 'unknown', detail: 'no answer' } };
const BUSY: Act = { answers: { kind: 'not_heard', because: 'busy', detail: 'too many', retryAfterMs: null } };
const DIFFERS: Act = { answers: { kind: 'contradicts', detail: 'another amount' } };
const UNDER_WAY: Outcome = { kind: 'processing', gatewayId: '', detail: 'processing', patienceMs: 259_200_000 };

/** Every way in which a gateway is odd and still tells the truth when it is asked again. */
const ODD: Record<ScriptedCall, readonly Act[]> = {
  send: [
    NO_ANSWER,
    { ...NO_ANSWER, moves: true },
    BUSY,
    { ...DIFFERS, moves: true },
    { answers: { kind: 'unknown', detail: '500', sameAnswer: '500' } },
    { answers: { kind: 'declined', gatewayId: null, code: 'insufficient', decline: 'soft' } },
    { answers: { kind: 'declined', gatewayId: null, code: 'stolen', decline: 'hard' } },
    { answers: { kind: 'refused', gatewayId: null, code: 'no' } },
    { answers: UNDER_WAY, moves: true },
  ],
  find: [NO_ANSWER, BUSY, DIFFERS],
  customer: [NO_ANSWER, BUSY],
  withdraw: [NO_ANSWER],
  refunds: [NO_ANSWER, BUSY],
};

/** `charge_…_1_first_1 customer-3-ann`, `refund_…_1 charge-7` */
function nameOf(reference: string, order: Order | null): string {
  if (order === null) return reference;
  return `${reference} ${order.kind === 'refund' ? order.payment : order.customer}`;
}

function yes({ gatewayId, order }: Moved): Outcome {
  const method = order.kind === 'refund' ? null : { methodId: `stored-${order.method}`, brand: 'visa', last4: '4242' };
  return { kind: 'succeeded', gatewayId, method };
}

function ownerOf(order: Order): string {
  return order.kind === 'refund' ? order.payment : order.customer;
}

function amountOf(order: Order): string {
  return order.kind === 'validation' ? '' : `${order.amountMinor} ${order.currency}`;
}

function movementOf({ gatewayId, reference, order }: Moved): Movement {
  const money = order as Extract<Order, { amountMinor: number }>;
  const isRefund = order.kind === 'refund';
  return {
    type: isRefund ? 'refund' : 'capture',
    paymentIntent: isRefund ? order.payment : gatewayId,
    refund: isRefund ? gatewayId : null,
    dispute: null,
    amount: money.amountMinor,
    currency: money.currency,
    reference,
  };
}
