/** The duty of telling others: each due delivery is tried once, beside the jobs that move money. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DutyRunner } from '../platform/duty-runner.js';
import { DeliverEvent } from './deliver-event.js';
import { DeliveryStore } from './delivery.store.js';

@Injectable()
export class NotificationsProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly deliveries: DeliveryStore,
    private readonly deliverEvent: DeliverEvent,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'deliver_event',
      claim: (max) => this.deliveries.claimDue(max),
      perform: (id) => this.deliverEvent.run(id),
    });
  }
}
