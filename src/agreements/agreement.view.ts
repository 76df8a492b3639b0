/** How a version of the agreement is shown. */
import type { AgreementEntity } from './agreement.entity.js';

export class AgreementView {
  version: string;
  text: string;
  effectiveAt: Date;
  publishedAt: Date;
  publishedBy: string;
}

export function viewAgreement(agreement: AgreementEntity): AgreementView {
  const { version, text, effectiveFrom: effectiveAt, publishedAt, publishedBy } = agreement;
  return { version, text, effectiveAt, publishedAt, publishedBy };
}
