/**
 * The jobs that find what no event told: open disputes are asked for every day or few, and the gateway's own list of new
 * ones is looked through every hour. The hour is machine time: nothing becomes due by it.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { askAgainAt } from '../domain/chargeback.js';
import { HOUR_MS, plusDays, plusMs } from '../domain/instant.js';
import { StripeGateway } from '../gateway/stripe/stripe-gateway.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { Clock } from '../platform/time/clock.js';
import { AskDispute } from './ask-dispute.js';
import { ChargebackStore } from './chargeback.store.js';

const LOOK_EVERY_SECONDS = 3600;
const LOOK_AGAIN_SECONDS = 60;
// The gateway may list a dispute later than it dates it.
const OVERLAP_DAYS = 3;

@Injectable()
export class ChargebacksProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly clock: Clock,
    private readonly gateway: StripeGateway,
    private readonly chargebacks: ChargebackStore,
    private readonly askDispute: AskDispute,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'ask_chargeback',
      table: 'chargebacks',
      where: 'next_query_at is not null',
      dueAt: 'next_query_at',
      perform: (id) => this.ask(id),
    });
    this.jobs.register({
      name: 'look_for_disputes',
      table: 'dispute_looks',
      where: 'next_look_at <= clock_timestamp()',
      perform: (id) => this.look(id),
    });
  }

  private async ask(id: string): Promise<void> {
    const { gatewayDisputeId, openedAt } = await this.chargebacks.get(id);
    const answered = await this.askDispute.ask(gatewayDisputeId);
    const now = await this.clock.now();
    await this.chargebacks.askAgain(id, answered ? askAgainAt(openedAt, now) : plusMs(now, HOUR_MS));
  }

  /** All of the list is applied, or all of it is looked through again. */
  private async look(id: string): Promise<void> {
    const now = await this.clock.now();
    const since = await this.chargebacks.lookedTo(id);
    const disputes = await this.gateway.disputesSince(since === null ? null : plusDays(since, -OVERLAP_DAYS));
    if (typeof disputes === 'string') return this.chargebacks.lookAgain(id, LOOK_AGAIN_SECONDS, null);
    let applied = true;
    for (const dispute of disputes) applied = (await this.askDispute.settle(dispute)) && applied;
    await this.chargebacks.lookAgain(id, applied ? LOOK_EVERY_SECONDS : LOOK_AGAIN_SECONDS, applied ? now : null);
  }
}
