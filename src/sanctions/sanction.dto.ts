/** What risk sends to suspend, reinstate and revoke, and what it is told. */
import { IsBoolean, IsIn, Length } from 'class-validator';
import { REVOCATION_REASONS, type RevocationReason } from '../domain/end-reason.js';

export class SuspensionBody {
  /** Why, for the record. */
  @Length(1, 500)
  reason: string;
}

export class ReinstatementBody {
  /** The finding was wrong: the lost days are given back (6.1.2). */
  @IsBoolean()
  mistaken: boolean;

  @Length(1, 500)
  reason: string;
}

export class RevocationBody {
  @IsIn(REVOCATION_REASONS)
  reason: RevocationReason;

  /** What the finding rests on; a reference, never personal data. */
  @Length(1, 2000)
  evidence: string;
}

export class RevocationView {
  id: string;
  subscriptionId: string;
  reason: string;
  status: string;
  proposedBy: string;
  proposedAt: Date;
}
