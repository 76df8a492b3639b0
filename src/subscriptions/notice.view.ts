/** How a notice is shown to the storefront, with the proof that it was told. */
import type { NoticeKind } from '../domain/notice.js';
import type { ProvenNotice } from './notice.store.js';
import { MoneyView } from './subscription.view.js';

export class NoticeContentView {
  subject: string;
  text: string;
  clause: string;
  amount: MoneyView | null;
  /** When what it announces happens. */
  date: Date | null;
  howToStop: string | null;
  companies: string[];
}

export class NoticeView {
  id: string;
  kind: NoticeKind;
  status: 'planned' | 'due' | 'delivered' | 'canceled' | 'missed';
  termEndsAt: Date | null;
  /** Calendar days before the term's end. */
  daysBefore: number | null;
  dueAt: Date;
  until: Date | null;
  /** When it became due and was handed over. */
  givenAt: Date | null;
  /** Proof: when the mail relay, or without one the webhook, took it. `GET /v1/deliveries?eventId=` has its answer. */
  deliveredAt: Date | null;
  /** The event that carried it. */
  eventId: string | null;
  content: NoticeContentView;
}

export function viewNotice(notice: ProvenNotice): NoticeView {
  const { id, kind, status, termEndsAt, daysBefore, dueAt, until, givenAt, deliveredAt, eventId, content } = notice;
  return {
    id,
    kind,
    status: deliveredAt === null ? status : 'delivered',
    termEndsAt,
    daysBefore,
    dueAt,
    until,
    givenAt,
    deliveredAt,
    eventId,
    content: { ...content, date: content.date === null ? null : new Date(content.date) },
  };
}
