/** Table of what is deferred of each captured fee. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { DeferredFee } from '../domain/deferred-fee.js';

@Entity('deferred_fees')
export class DeferredFeeEntity implements DeferredFee {
  @PrimaryColumn('uuid')
  chargeId: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('integer')
  termNumber: number;

  @Column('text')
  kind: DeferredFee['kind'];

  @Column('text')
  entity: string;

  @Column('text')
  currency: string;

  @Column('bigint')
  grossMinor: number;

  @Column('bigint')
  taxMinor: number;

  @Column('integer')
  taxBasisPoints: number;

  @Column('timestamptz', { nullable: true })
  startsAt: Date | null;

  @Column('timestamptz', { nullable: true })
  endsAt: Date | null;

  @Column('timestamptz')
  capturedAt: Date;

  @Column('bigint')
  recognisedMinor: number;

  @Column('timestamptz', { nullable: true })
  recognisedUntil: Date | null;

  @Column('bigint')
  returnedMinor: number;

  @Column('text')
  status: DeferredFee['status'];
}
