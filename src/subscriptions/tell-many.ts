/**
 * Tells many members something at once, in a handful of statements however many they are, each with a notice, a line of
 * the timeline and its event. The caller holds their locks and has decided what each is told.
 */
import { Injectable } from '@nestjs/common';
import type { NoticeContent, NoticeKind } from '../domain/notice.js';
import type { Actor } from '../domain/subscription.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { NoticeStore } from './notice.store.js';
import { TimelineStore, type RecordedLine } from './timeline.store.js';

export interface Told {
  subscription: RecordedLine['subscription'];
  content: NoticeContent;
}

export interface Telling {
  kind: NoticeKind;
  actor: Actor;
  now: Date;
}

@Injectable()
export class TellMany {
  constructor(
    private readonly notices: NoticeStore,
    private readonly timeline: TimelineStore,
  ) {}

  /** That nothing will be charged any more: what was planned to be told before a charge is canceled. */
  async instead(tx: Tx, told: Told[], { kind, actor, now }: Telling): Promise<void> {
    const given = told.map(({ subscription, content }) => {
      const noticeId = newId();
      const notice = {
        id: noticeId,
        subscriptionId: subscription.id,
        kind,
        termEndsAt: null,
        daysBefore: null,
        status: 'due' as const,
        dueAt: now,
        until: null,
        content,
        givenAt: now,
        eventId: newId(),
      };
      const line = {
        id: notice.eventId,
        at: now,
        actor,
        event: 'notice.due' as const,
        clause: content.clause,
        explanation: `the member is told: ${content.subject}`,
        data: { noticeId, kind, ...content },
      };
      return { subscription, notice, line };
    });
    await this.notices.cancelPlanned(
      tx,
      told.map(({ subscription }) => subscription.id),
    );
    await this.notices.insert(
      tx,
      given.map(({ notice }) => notice),
    );
    await this.timeline.publish(tx, given);
  }
}
