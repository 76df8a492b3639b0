/** Table of settlements: what the gateway says it moved over a stretch of time, from one file or one pull. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Gateway } from './formats.js';
import type { LineError } from './read-settlement.js';

/** running: loaded, not compared yet · done: compared · rejected: it could not be read, and nothing of it is kept. */
export const SETTLEMENT_STATUSES = ['running', 'done', 'rejected'] as const;
export type SettlementStatus = (typeof SETTLEMENT_STATUSES)[number];

@Entity('settlements')
export class SettlementEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  gateway: Gateway;

  @Column('text')
  format: string;

  /** Of the file; null for what was pulled. */
  @Column('text', { nullable: true })
  sha256: string | null;

  @Column('text')
  status: SettlementStatus;

  @Column('integer')
  lines: number;

  @Column('integer', { nullable: true })
  matched: number | null;

  @Column('integer', { nullable: true })
  breaks: number | null;

  @Column('jsonb', { nullable: true })
  errors: LineError[] | null;

  /** The gateway's instants of its first and last line. */
  @Column('timestamptz', { nullable: true })
  firstAt: Date | null;

  @Column('timestamptz', { nullable: true })
  lastAt: Date | null;

  /**
   * Our movements of this stretch must be in it or in one before it, and a line from before it is late; null = from the
   * beginning.
   */
  @Column('timestamptz', { nullable: true })
  coversFrom: Date | null;

  /** Exclusive; null = it covers nothing. */
  @Column('timestamptz', { nullable: true })
  coversTo: Date | null;

  @Column('timestamptz')
  receivedAt: Date;

  @Column('text')
  loadedBy: string;

  @Column('timestamptz', { nullable: true })
  doneAt: Date | null;

  @Column('timestamptz', { nullable: true })
  bookedAt: Date | null;
}
