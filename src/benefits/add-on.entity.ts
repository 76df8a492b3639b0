/** Tables of what members answered to value-added services (3.1.3), one row each, and of the charges opened for them. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { AddOn, AddOnStatus } from '../domain/add-on.js';

@Entity('add_ons')
export class AddOnEntity implements AddOn {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('text')
  code: string;

  @Column('text')
  status: AddOnStatus;

  @Column('integer')
  attempts: number;

  @Column('uuid', { nullable: true })
  chargeId: string | null;

  @Column('timestamptz', { nullable: true })
  firstUsedAt: Date | null;

  @Column('timestamptz')
  decidedAt: Date;
}

@Entity('add_on_charges')
export class AddOnChargeEntity {
  @PrimaryColumn('uuid')
  chargeId: string;

  @Column('uuid')
  addOnId: string;
}
