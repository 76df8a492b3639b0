/** How a break is shown: both sides, its age, and what people decided about it. */
import type { Money } from '../domain/money.js';
import { ageDays, type BreakFacts, type BreakKind, type BreakStatus, type Movement } from '../domain/reconciliation.js';
import type { BreakEntity, BreakResolutionEntity } from './break.entity.js';

export class MoneyView {
  /** Minor units. */
  amount: number;
  currency: string;
}

export class BreakResolutionView {
  resolution: string;
  reason: string;
  proposedBy: string;
  proposedAt: Date;
  approvedBy: string | null;
  approvedAt: Date | null;
  /** Another resolution took its place. */
  withdrawnAt: Date | null;
}

export class BreakView {
  id: string;
  settlementId: string;
  kind: BreakKind;
  /** What the line, or our record, says happened. */
  movement: Movement;
  /** The gateway's id of the payment or the refund. */
  gatewayReference: string;
  /** The gateway's id of the line. */
  transactionId: string | null;
  /** Number of the line in the file; null for what the file does not hold. */
  line: number | null;
  /** Our name for it. */
  reference: string | null;
  chargeId: string | null;
  refundId: string | null;
  ours: MoneyView | null;
  /** For an unexpected fee, the fee. */
  theirs: MoneyView | null;
  /** Whole days since it was opened, until it was closed. */
  ageDays: number;
  status: BreakStatus;
  openedAt: Date;
  closedAt: Date | null;
  /** Oldest first. */
  resolutions: BreakResolutionView[];
}

export function viewBreak(found: BreakEntity, decided: BreakResolutionEntity[], now: Date): BreakView {
  const { ours, theirs } = factsOf(found);
  return {
    id: found.id,
    settlementId: found.settlementId,
    kind: found.kind,
    movement: found.movement,
    gatewayReference: found.gatewayReference,
    transactionId: found.transactionId,
    line: found.line,
    reference: found.reference,
    chargeId: found.chargeId,
    refundId: found.refundId,
    ours: viewMoney(ours),
    theirs: viewMoney(theirs),
    ageDays: ageDays(found.openedAt, found.closedAt ?? now),
    status: found.status,
    openedAt: found.openedAt,
    closedAt: found.closedAt,
    resolutions: decided.map(({ id: _id, breakId: _breakId, ...resolution }) => resolution),
  };
}

export function factsOf({
  kind,
  movement,
  oursMinor,
  oursCurrency,
  theirsMinor,
  theirsCurrency,
}: BreakEntity): BreakFacts {
  return { kind, movement, ours: moneyOf(oursMinor, oursCurrency), theirs: moneyOf(theirsMinor, theirsCurrency) };
}

function moneyOf(amountMinor: number | null, currency: string | null): Money | null {
  return amountMinor === null || currency === null ? null : { amountMinor, currency };
}

function viewMoney(money: Money | null): MoneyView | null {
  return money === null ? null : { amount: money.amountMinor, currency: money.currency };
}
