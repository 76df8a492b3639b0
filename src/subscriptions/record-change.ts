/** What a change leaves behind beside the subscription itself: its notices, its lines of the timeline, and their events. */
import { Injectable } from '@nestjs/common';
import type { Tx } from '../platform/database/tx.js';
import type { Change } from './change.js';
import { KeepNotices, type Before } from './keep-notices.js';
import { TimelineStore, type TimelineLine } from './timeline.store.js';

@Injectable()
export class RecordChange {
  constructor(
    private readonly timeline: TimelineStore,
    private readonly notices: KeepNotices,
  ) {}

  /** The last step of a change: everything the flow decided is known by now. */
  async record(change: Change, before: Before): Promise<void> {
    await this.notices.follow(change, before);
    const { tx, subscription, lines } = change;
    await this.timeline.publish(
      tx,
      lines.map((line) => ({ subscription, line })),
    );
  }

  refusal(tx: Tx, subscriptionId: string, line: TimelineLine): Promise<void> {
    return this.timeline.append(tx, subscriptionId, line);
  }
}
