/** Tables of the companies VIP 1.1 names by country, of the transfers ordered, and of whom each has moved. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('contracting_entities')
export class ContractingEntityEntity {
  @PrimaryColumn('text')
  country: string;

  @Column('text')
  name: string;

  @Column('text')
  source: string;
}

@Entity('entity_transfers')
export class EntityTransferEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  fromName: string;

  @Column('text')
  toName: string;

  @Column('text', { nullable: true })
  country: string | null;

  @Column('timestamptz')
  effectiveAt: Date;

  @Column('timestamptz')
  orderedAt: Date;

  @Column('text')
  orderedBy: string;

  /** Subscriptions it concerned when it began; null before. */
  @Column('integer', { nullable: true })
  concerned: number | null;

  @Column('integer')
  moved: number;

  /** Every subscription up to this id has been looked at. */
  @Column('uuid', { nullable: true })
  lookedThroughTo: string | null;

  @Column('timestamptz', { nullable: true })
  startedAt: Date | null;

  @Column('timestamptz', { nullable: true })
  doneAt: Date | null;

  @Column('timestamptz', { nullable: true })
  claimedUntil: Date | null;
}

@Entity('entity_transfer_moves')
export class EntityTransferMoveEntity {
  @PrimaryColumn('uuid')
  transferId: string;

  @PrimaryColumn('uuid')
  subscriptionId: string;
}
