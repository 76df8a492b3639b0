/** Table of the money that comes in: one row per charge, exactly one paid term each. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { Charge, ChargePurpose, ChargeStatus } from '../domain/charge.js';

@Entity('charges')
export class ChargeEntity implements Charge {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('integer')
  termNumber: number;

  @Column('text')
  purpose: ChargePurpose;

  @Column('bigint')
  amountMinor: number;

  @Column('text')
  currency: string;

  @Column('text')
  status: ChargeStatus;

  @Column('text')
  reference: string;

  @Column('integer')
  attempts: number;

  @Column('text')
  gateway: string;

  @Column('text', { nullable: true })
  gatewayPaymentId: string | null;

  @Column('uuid', { nullable: true })
  mandateId: string | null;

  @Column('timestamptz', { nullable: true })
  unappliedAt: Date | null;

  @Column('bigint')
  disputedMinor: number;

  @Column('bigint')
  chargedBackMinor: number;

  /** Machine time until which a poll has handed it to a worker. */
  @Column('timestamptz', { nullable: true })
  claimedUntil: Date | null;

  @Column('timestamptz')
  createdAt: Date;

  @Column('timestamptz', { nullable: true })
  settledAt: Date | null;
}
