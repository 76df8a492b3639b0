/** The jobs of telling others: each due delivery is tried once, beside the jobs that move money. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { DeliverEvent } from './deliver-event.js';
import { DELIVERABLE, DELIVERABLE_AT } from './delivery.store.js';
import type { EndpointName } from './outgoing-endpoint.js';

/** Tries at one time, over all workers: what one endpoint answers slowly neither piles up here nor holds up the other. */
const UNDER_WAY_MAX: Readonly<Record<EndpointName, number>> = { webhook: 200, mail: 20 };

@Injectable()
export class NotificationsProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly deliverEvent: DeliverEvent,
  ) {}

  onModuleInit(): void {
    this.register('deliver_webhook', 'webhook');
    this.register('deliver_mail', 'mail');
  }

  private register(name: string, endpoint: EndpointName): void {
    this.jobs.register({
      name,
      table: 'deliveries',
      where: `${DELIVERABLE} and endpoint = '${endpoint}'`,
      dueAt: DELIVERABLE_AT,
      underWayMax: UNDER_WAY_MAX[endpoint],
      perform: (id) => this.deliverEvent.deliver(id),
    });
  }
}
