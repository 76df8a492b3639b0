/**
 * Closes a break. One person may explain it; settling it, or giving it up, takes two: the first call proposes, the same
 * from another person approves. A write-off is booked with the approval; nothing else here moves money.
 */
import { Injectable } from '@nestjs/common';
import { IsNull, Not } from 'typeorm';
import { writeOffMinor, type Resolution } from '../domain/reconciliation.js';
import { Refusal } from '../domain/refusal.js';
import { CashLedger } from '../ledger/cash-ledger.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { Clock } from '../platform/time/clock.js';
import { BOOK } from './book-settlement.js';
import { BreakEntity, BreakResolutionEntity } from './break.entity.js';
import { factsOf } from './break.view.js';

export interface BreakOrder {
  breakId: string;
  resolution: Resolution;
  reason: string;
  subject: string;
}

/** The book that expects the money: the one the movement was posted to; that of a dispute is its capture's. */
const BOOK_OF = `
  select e.entity from ledger_transactions t
    join ledger_entries e on e.transaction_id = t.id and e.account = 'gateway_receivable'
  where t.subject_id = $1 and t.fact in ('capture', 'capture_unapplied', 'refund_paid') order by t.occurrence desc limit 1`;

@Injectable()
export class ResolveBreak {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly jobs: JobRunner,
    private readonly ledger: CashLedger,
  ) {}

  /** Refuses `not_found`, `not_allowed_in_state` (closed already), then `four_eyes`. */
  async resolve(order: BreakOrder): Promise<void> {
    const { settlementId } = await this.database.transaction((tx) => this.decide(tx, order));
    this.jobs.enqueue(BOOK, [settlementId]);
  }

  private async decide(tx: Tx, order: BreakOrder): Promise<BreakEntity> {
    const { breakId: id, resolution, subject } = order;
    const found = await tx.findOne(BreakEntity, { id }, { lock: 'wait' });
    if (found === null) throw new Refusal('not_found', `There is no break ${id}.`);
    if (found.closedAt !== null) throw new Refusal('not_allowed_in_state', `The break is ${found.status} already.`);
    const now = await this.clock.now(tx);
    const proposal = await openProposal(tx, id);
    if (resolution === 'explained') {
      await withdraw(tx, proposal, now);
      await propose(tx, order, now);
      await close(tx, id, 'explained', now);
    } else if (proposal?.resolution !== resolution) {
      await withdraw(tx, proposal, now);
      await propose(tx, order, now);
      await tx.set(BreakEntity, { id }, { status: 'proposed' });
    } else {
      if (proposal.proposedBy === subject) {
        throw new Refusal('four_eyes', 'Who proposed a resolution cannot approve it; another person must.');
      }
      const approved = { approvedBy: subject, approvedAt: now };
      await tx.set(BreakResolutionEntity, { id: proposal.id }, approved);
      await close(tx, id, 'resolved', now);
      if (resolution === 'write_off') await this.writeOff(tx, found, now);
    }
    return found;
  }

  /** Where the books never expected anything there is nothing to give up. */
  private async writeOff(tx: Tx, given: BreakEntity, now: Date): Promise<void> {
    const amountMinor = writeOffMinor(factsOf(given));
    const [book] = await tx.query<{ entity: string }>(BOOK_OF, [given.refundId ?? given.chargeId]);
    if (amountMinor === 0 || book === undefined || given.oursCurrency === null) return;
    const { entity } = book;
    await this.ledger.wroteOff({ tx, now }, given.id, { entity, currency: given.oursCurrency, amountMinor });
  }
}

function openProposal(tx: Tx, breakId: string): Promise<BreakResolutionEntity | null> {
  const open = { breakId, resolution: Not('explained' as const), approvedAt: IsNull(), withdrawnAt: IsNull() };
  return tx.findOne(BreakResolutionEntity, open);
}

async function withdraw(tx: Tx, proposal: BreakResolutionEntity | null, now: Date): Promise<void> {
  if (proposal === null) return;
  await tx.set(BreakResolutionEntity, { id: proposal.id }, { withdrawnAt: now });
}

async function propose(tx: Tx, { breakId, resolution, reason, subject }: BreakOrder, now: Date): Promise<void> {
  const proposed = { id: newId(), breakId, resolution, reason, proposedBy: subject, proposedAt: now };
  await tx.insert(BreakResolutionEntity, proposed);
}

async function close(tx: Tx, id: string, status: 'explained' | 'resolved', now: Date): Promise<void> {
  await tx.set(BreakEntity, { id }, { status, closedAt: now });
}
