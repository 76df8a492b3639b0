/** Why a membership ended (rules 2), and the findings for which it is revoked (rules 9). Words only; no behaviour. */

export const REVOCATION_REASONS = [
  'stolen_identity',
  'multiple_accounts',
  'unfair_ordering',
  'benefit_sharing',
  'bad_faith',
  'improper_use',
  'account_terminated',
] as const;
export type RevocationReason = (typeof REVOCATION_REASONS)[number];

export const END_REASONS = [
  'payment_declined',
  'payment_method_rejected',
  'not_completed',
  'trial_not_available',
  'opted_out',
  'auto_renewal_off',
  'consent_missing',
  'market_closed',
  'notice_missing',
  'temporary_ended',
  'payment_failed',
  'canceled_by_member',
  'suspended',
  ...REVOCATION_REASONS,
  'market_discontinued',
] as const;
export type EndReason = (typeof END_REASONS)[number];
