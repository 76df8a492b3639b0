/**
 * Makes every call to a gateway for a request: measured, logged, and never throwing. What goes wrong is one line with the
 * reference, the subscription, the gateway's own words and its name of the call; outages are told by `GatewayOutages`.
 */
import { Injectable, Logger } from '@nestjs/common';
import { Metrics } from '../platform/http/metrics.js';
import { GatewayOutages } from './gateway-outages.js';
import type { Outcome } from './outcome.js';
import type { CustomerAnswer } from './payment-gateway.js';

/** customer: makes one · send: asks for money or a validation · find, withdraw: about one that was sent · refunds: of a payment. */
export type CallName = 'customer' | 'send' | 'find' | 'withdraw' | 'refunds';

interface Called {
  gateway: string;
  kind: string;
  reference: string;
  subscriptionId: string;
}

type Answer = CustomerAnswer | Outcome | null | readonly unknown[];

/** Of a decline the timeline tells; these are told to whoever watches the service. */
const TOLD: readonly string[] = ['refused', 'contradicts', 'not_heard', 'unknown'];

@Injectable()
export class GatewayCalls {
  private readonly logger = new Logger('gateway');
  private readonly count;
  private readonly seconds;

  constructor(
    metrics: Metrics,
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

  /** An error on the way leaves the outcome unknown. */
  async make<T extends Answer>(call: CallName, called: Called, run: () => Promise<T>): Promise<T | Outcome> {
    const measured = this.seconds.startTimer({ gateway: called.gateway, call });
    const answer: T | Outcome = await run().catch((error: unknown): Outcome => {
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
    { gateway, kind, reference, subscriptionId }: Called,
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
