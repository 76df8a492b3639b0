/** Table of what the member must be told: each notice with its window, its words, and the event that carried it. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { NoticeContent, NoticeKind, NoticeStatus } from '../domain/notice.js';

@Entity('notices')
export class NoticeEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('text')
  kind: NoticeKind;

  /** The end of the term it speaks of; null where it speaks of none. */
  @Column('timestamptz', { nullable: true })
  termEndsAt: Date | null;

  /** Calendar days before the term's end; null for what is told when it happens. */
  @Column('integer', { nullable: true })
  daysBefore: number | null;

  @Column('text')
  status: NoticeStatus;

  @Column('timestamptz')
  dueAt: Date;

  /** Exclusive; null = of use at any time. */
  @Column('timestamptz', { nullable: true })
  until: Date | null;

  @Column('jsonb')
  content: NoticeContent;

  @Column('timestamptz', { nullable: true })
  givenAt: Date | null;

  /** The event that carries it. */
  @Column('uuid', { nullable: true })
  eventId: string | null;
}
