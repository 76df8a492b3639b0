/**
 * A refusal by the agreement: which rule said no and why, in words a person can act on. It knows nothing of HTTP;
 * the edge translates the code once.
 */
export const REFUSAL_CODES = [
  'not_eligible',
  'already_subscribed',
  'trial_not_available',
  'agreement_outdated',
  'market_not_open',
  'payment_method_rejected',
  'payment_declined',
  'not_allowed_in_state',
  'quote_expired',
  'quote_stale',
  'not_entitled',
  'price_changed',
  'benefit_use_differs',
  'payment_in_progress',
  'next_term_already_bought',
  'exceeds_collected',
  'four_eyes',
  'charge_disputed',
  'not_found',
  'notice_too_short',
  'already_published',
  'month_not_over',
  'settlement_already_loaded',
  'gateway_disagrees',
  'gateway_unanswered',
] as const;

export type RefusalCode = (typeof REFUSAL_CODES)[number];

export class Refusal extends Error {
  constructor(
    readonly code: RefusalCode,
    message: string,
    readonly clause?: string,
  ) {
    super(message);
    this.name = 'Refusal';
  }
}
