/**
 * Makes every call to a gateway for a request: measured, logged, and never failing by itself. What goes wrong is one line with the
 * reference, the subscription, the gateway's own words and its name of the call; outages are told by `GatewayOutages`.
 */
import { Injectable, Logger } from '@nestjs/common';
import { Metrics } from '../platform/http/metrics.js';
import { GatewayOutages } from './gateway-outages.js';
import type { GatewayRefund, Order, Outcome } from './outcome.js';
import { Gateways, type CustomerAnswer, type PaymentGateway } from './payment-gateway.js';
import type { GatewayRequest } from './request-kind.js';

/** What a call is for, and where it goes. */
type Request = Pick<GatewayRequest, 'gateway' | 'kind' | 'reference' | 'subscriptionId' | 'gatewayId'>;

/** customer: makes one · send: asks for money or a validation · find, withdraw: about one that was sent · refunds: of a payment. */
type CallName = 'customer' | 'send' | 'find' | 'withdraw' | 'refunds';

type Answer = CustomerAnswer | Outcome | null | readonly unknown[];

/** Of a decline the timeline tells, of an outage its beginning and its end; these are told to whoever watches the service. */
const TOLD: readonly string[] = ['refused', 'contradicts', 'unknown'];

@Injectable()
export class GatewayCalls {
  private readonly logger = new Logger('gateway');
  private readonly count;
  private readonly seconds;

  constructor(
    metrics: Metrics,
    private readonly gateways: Gateways,
    private readonly outages: GatewayOutages,
  ) {
    this.count = metrics.counter({
      name: 'vip_gateway_calls_total',
      help: 'calls to payment gateways, by what was asked, what it means and the class of its status',
      labelNames: ['gateway', 'call', 'kind', 'outcome', 'status'],
    });
    this.seconds = metrics.histogram({
      name: 'vip_gateway_call_seconds',
      help: 'from a call to a payment gateway to its answer',
      labelNames: ['gateway', 'call'],
      buckets: [0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30],
    });
  }

  createCustomer(request: Request, userId: string, reference: string): Promise<CustomerAnswer> {
    return this.make('customer', request, (gateway) => gateway.createCustomer(userId, reference));
  }

  send(request: Request, order: Order): Promise<Outcome> {
    return this.make('send', request, (gateway) => gateway.send(order, request.reference));
  }

  /** What became of it; null when the gateway never heard of it. */
  find(request: Request & { intendedAt: Date }, order: Order): Promise<Outcome | null> {
    const { reference, gatewayId, intendedAt } = request;
    return this.make('find', request, (gateway) => gateway.find({ order, reference, gatewayId, intendedAt }));
  }

  /** Takes back what waits for the member. */
  withdraw(request: Request, order: Order, gatewayId: string): Promise<Outcome> {
    return this.make('withdraw', request, (gateway) => gateway.withdraw(order, gatewayId));
  }

  /** All that went back of a payment, whoever ordered it. */
  refundsOf(request: Request, payment: string): Promise<GatewayRefund[] | Outcome> {
    return this.make('refunds', request, (gateway) => gateway.refundsOf(payment));
  }

  /** What an id of the gateway's says about the order of a request. */
  look(request: Request, order: Order, gatewayId: string): ReturnType<PaymentGateway['look']> {
    return this.gateways.of(request.gateway).look(order, gatewayId);
  }

  /** For how long the reference of a request can be sent again. */
  keyKeptMs({ gateway }: Request): number {
    return this.gateways.of(gateway).keyKeptMs;
  }

  /** An error on the way leaves the outcome unknown. */
  private async make<T extends Answer>(
    call: CallName,
    called: Request,
    run: (gateway: PaymentGateway) => Promise<T>,
  ): Promise<T | Outcome> {
    const measured = this.seconds.startTimer({ gateway: called.gateway, call });
    const answer: T | Outcome = await run(this.gateways.of(called.gateway)).catch((error: unknown): Outcome => {
      const words = error instanceof Error ? error.message : String(error);
      return { kind: 'unknown', detail: words, said: { requestId: null, status: null, words } };
    });
    const seconds = measured();
    this.note(call, called, answer, seconds);
    await this.outages.follow(called.gateway, isOutcome(answer) ? answer : null);
    return answer;
  }

  private note(
    call: CallName,
    { gateway, kind, reference, subscriptionId }: Request,
    answer: Answer,
    seconds: number,
  ): void {
    const outcome = isOutcome(answer) ? answer.kind : answer === null ? 'unheard_of' : 'answered';
    const said = isOutcome(answer) ? answer.said : undefined;
    const status = said === undefined ? '2xx' : said.status === null ? 'none' : `${Math.floor(said.status / 100)}xx`;
    this.count.inc({ gateway, call, kind, outcome, status });
    const facts = [
      `${call} ${reference} of subscription ${subscriptionId}: ${outcome}`,
      `${Math.round(seconds * 1000)} ms`,
      ...(isOutcome(answer) && 'code' in answer ? [`code ${answer.code}`] : []),
      ...(isOutcome(answer) && 'detail' in answer ? [answer.detail] : []),
      ...(said === undefined ? [] : [`${gateway} says ${said.status ?? 'nothing'}: ${said.words}`]),
      ...(said?.requestId == null ? [] : [`its request ${said.requestId}`]),
    ];
    const line = facts.join('; ');
    if (TOLD.includes(outcome)) this.logger.warn(line);
    else this.logger.log(line);
  }
}

function isOutcome(answer: unknown): answer is Outcome {
  return answer !== null && typeof answer === 'object' && 'kind' in answer && answer.kind !== 'customer';
}
