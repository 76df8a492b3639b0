/** Table of what members dispute with their banks: one row per dispute, and the money it took. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Chargeback, ChargebackStatus } from '../domain/chargeback.js';

@Entity('chargebacks')
export class ChargebackEntity implements Chargeback {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  chargeId: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('text')
  gateway: string;

  @Column('text')
  gatewayDisputeId: string;

  @Column('bigint')
  amountMinor: number;

  @Column('bigint')
  creditedMinor: number;

  @Column('text')
  currency: string;

  @Column('text')
  reason: string;

  @Column('text')
  status: ChargebackStatus;

  @Column('timestamptz')
  openedAt: Date;

  @Column('timestamptz', { nullable: true })
  closedAt: Date | null;

  @Column('timestamptz', { nullable: true })
  nextQueryAt: Date | null;

  /** Machine time until which a poll has handed it to a worker. */
  @Column('timestamptz', { nullable: true })
  claimedUntil: Date | null;
}
