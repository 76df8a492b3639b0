/** Inquiries of banks: no money is taken, but one may become a dispute, and its notice may be lost. Kept to be asked about. */
import { Injectable } from '@nestjs/common';
import { Column, Entity, PrimaryColumn } from 'typeorm';
import { askAgainAt } from '../domain/chargeback.js';
import { Database } from '../platform/database/database.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';

@Entity('dispute_inquiries')
export class InquiryEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  gateway: string;

  @Column('text')
  gatewayDisputeId: string;

  @Column('timestamptz')
  openedAt: Date;

  @Column('timestamptz')
  nextQueryAt: Date;

  /** Machine time until which a poll has handed it to a worker. */
  @Column('timestamptz', { nullable: true })
  claimedUntil: Date | null;
}

@Injectable()
export class InquiryStore {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  get(id: string): Promise<InquiryEntity | null> {
    return this.database.reader.findOne(InquiryEntity, { id });
  }

  /** It is still one: asked about again when its time comes. */
  async watch(gateway: string, gatewayDisputeId: string): Promise<true> {
    const now = await this.clock.now();
    const { reader } = this.database;
    const known = await reader.findOne(InquiryEntity, { gateway, gatewayDisputeId });
    const nextQueryAt = askAgainAt(known?.openedAt ?? now, now);
    if (known === null) {
      const inquiry = { id: newId(), gateway, gatewayDisputeId, openedAt: now, nextQueryAt };
      await reader.insert(InquiryEntity, inquiry, 'ignore');
    } else await reader.set(InquiryEntity, { id: known.id }, { nextQueryAt, claimedUntil: null });
    return true;
  }

  /** No usable answer: asked again at an instant. */
  async askAgain(id: string, nextQueryAt: Date): Promise<void> {
    await this.database.reader.set(InquiryEntity, { id }, { nextQueryAt, claimedUntil: null });
  }

  /** It has become a dispute, or is over. */
  async forget(gateway: string, gatewayDisputeId: string): Promise<void> {
    await this.database.reader.execute('delete from dispute_inquiries where gateway = $1 and gateway_dispute_id = $2', [
      gateway,
      gatewayDisputeId,
    ]);
  }
}
