/**
 * The jobs that find what no event told: open disputes are asked for every day or few, and the gateway's own list of new
 * ones is looked through every hour. The hour is machine time: nothing becomes due by it.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { askAgainAt } from '../domain/chargeback.js';
import { HOUR_MS, plusDays, plusMs } from '../domain/instant.js';
import { Gateways } from '../gateway/payment-gateway.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { Clock } from '../platform/time/clock.js';
import { AskDispute } from './ask-dispute.js';
import { ChargebackStore } from './chargeback.store.js';
import { InquiryStore } from './inquiry.store.js';

const LOOK_EVERY_SECONDS = 3600;
const LOOK_AGAIN_SECONDS = 60;
// The gateway may list a dispute later than it dates it.
const OVERLAP_DAYS = 3;

@Injectable()
export class ChargebacksProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly clock: Clock,
    private readonly gateways: Gateways,
    private readonly chargebacks: ChargebackStore,
    private readonly inquiries: InquiryStore,
    private readonly askDispute: AskDispute,
  ) {}

  async onModuleInit(): Promise<void> {
    for (const { name } of this.gateways.all) await this.chargebacks.lookThrough(name);
    this.jobs.register({
      name: 'ask_chargeback',
      table: 'chargebacks',
      where: 'next_query_at is not null',
      dueAt: 'next_query_at',
      perform: (id) => this.ask(id),
    });
    this.jobs.register({
      name: 'ask_inquiry',
      table: 'dispute_inquiries',
      where: 'true',
      dueAt: 'next_query_at',
      perform: (id) => this.askInquiry(id),
    });
    this.jobs.register({
      name: 'look_for_disputes',
      table: 'dispute_looks',
      where: 'next_look_at <= clock_timestamp()',
      perform: (id) => this.look(id),
    });
  }

  private async ask(id: string): Promise<void> {
    const { gateway, gatewayDisputeId, openedAt } = await this.chargebacks.get(id);
    const answered = await this.askDispute.ask(gateway, gatewayDisputeId);
    const now = await this.clock.now();
    await this.chargebacks.askAgain(id, answered ? askAgainAt(openedAt, now) : plusMs(now, HOUR_MS));
  }

  /** An answer puts its next question off, or ends it. */
  private async askInquiry(id: string): Promise<void> {
    const inquiry = await this.inquiries.get(id);
    if (inquiry === null || (await this.askDispute.ask(inquiry.gateway, inquiry.gatewayDisputeId))) return;
    await this.inquiries.askAgain(id, plusMs(await this.clock.now(), HOUR_MS));
  }

  /** All of the list is applied, or all of it is looked through again. */
  private async look(gateway: string): Promise<void> {
    const now = await this.clock.now();
    const since = await this.chargebacks.lookedTo(gateway);
    const disputes = await this.gateways
      .of(gateway)
      .disputesSince(since === null ? null : plusDays(since, -OVERLAP_DAYS));
    if (typeof disputes === 'string') return this.chargebacks.lookAgain(gateway, LOOK_AGAIN_SECONDS, null);
    let applied = true;
    for (const dispute of disputes) applied = (await this.askDispute.settle(gateway, dispute)) && applied;
    await this.chargebacks.lookAgain(gateway, applied ? LOOK_EVERY_SECONDS : LOOK_AGAIN_SECONDS, applied ? now : null);
  }
}
