/** What finance or operations send to decide a request, and what they are told. */
import { IsIn, Length, Matches, ValidateIf } from 'class-validator';
import { DECIDED_OUTCOMES, type DecidedOutcome, type RequestDecisionEntity } from './request-decision.entity.js';

export class ReferenceParam {
  /** As the gateway knows the request, such as `refund_…_1`. */
  @Matches(/^[\w-]{1,255}$/, { message: 'reference must be a reference such as refund_0193…_1' })
  reference: string;
}

export class DecisionBody {
  /** moved: the money moved, under `gatewayId` · not_moved: it did not, and will not. */
  @IsIn(DECIDED_OUTCOMES)
  outcome: DecidedOutcome;

  /** With `moved` only: under which id the gateway has it. It is looked at there before it counts. */
  @ValidateIf(({ outcome, gatewayId }: DecisionBody) => outcome === 'moved' || gatewayId !== undefined)
  @Matches(/^[\x21-\x7e]{1,255}$/, { message: 'gatewayId must be the id that the gateway gives the payment or refund' })
  gatewayId?: string;

  /** Why, for the record. */
  @Length(1, 500)
  reason: string;
}

export class DecisionView {
  id: string;
  reference: string;
  outcome: DecidedOutcome;
  gatewayId: string | null;
  reason: string;
  status: RequestDecisionEntity['status'];
  proposedBy: string;
  proposedAt: Date;
  approvedBy: string | null;
  approvedAt: Date | null;
}

export function viewDecision(decision: RequestDecisionEntity, reference: string): DecisionView {
  const { id, outcome, gatewayId, reason, status, proposedBy, proposedAt, approvedBy, approvedAt } = decision;
  return { id, reference, outcome, gatewayId, reason, status, proposedBy, proposedAt, approvedBy, approvedAt };
}
