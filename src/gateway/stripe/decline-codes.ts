/**
 * Which of Stripe's declines are hard: trying the same card again cannot work (rules 6). The lists are Stripe's published
 * ones; a code that is on none of them is soft.
 */
import type { DeclineKind } from '../../domain/charge.js';

/**
 * The first are Stripe's own list, docs.stripe.com/billing/revenue-recovery/smart-retries#hard-decline-codes; `authentication_required`
 * is on it too and has its own kind here.
 */
const HARD_CODES = new Set([
  'highest_risk_level',
  'incorrect_number',
  'lost_card',
  'pickup_card',
  'revocation_of_all_authorizations',
  'revocation_of_authorization',
  'stolen_card',
  'transaction_not_allowed',
  // Of docs.stripe.com/declines/codes, those that say that this card or this authorization is at its end.
  'account_closed',
  'do_not_try_again',
  'expired_card',
  'fraudulent',
  'invalid_account',
  'invalid_number',
  'merchant_blacklist',
  'restricted_card',
  'stop_payment_order',
]);

/** docs.stripe.com/declines/card#retrying-issuer-declines: the issuer says not to try again, or that the data is wrong. */
const HARD_ADVICE = new Set(['do_not_try_again', 'confirm_card_data']);

/** Mastercard's merchant advice codes 03, do not try again, and 21, the cardholder has stopped these payments. */
const HARD_NETWORK_ADVICE = new Set(['03', '21']);

/** What Stripe says beside a decline; its error, its payment and its setup name these alike. */
export interface StripeDecline {
  code?: string | undefined;
  decline_code?: string | undefined;
  advice_code?: string | undefined;
  network_advice_code?: string | undefined;
}

export const AUTHENTICATION_REQUIRED = 'authentication_required';

/** The bank's reason, or Stripe's where the bank gives none. */
export function reasonOf({ code, decline_code: decline }: StripeDecline): string {
  return decline ?? code ?? 'card_declined';
}

export function wantsMember(declined: StripeDecline): boolean {
  return [declined.code, declined.decline_code].includes(AUTHENTICATION_REQUIRED);
}

export function kindOfDecline(declined: StripeDecline): DeclineKind {
  if (wantsMember(declined)) return 'authentication';
  const { code = '', decline_code: decline = '', advice_code: advice = '' } = declined;
  const hard =
    HARD_CODES.has(decline) ||
    HARD_CODES.has(code) ||
    HARD_ADVICE.has(advice) ||
    HARD_NETWORK_ADVICE.has(declined.network_advice_code ?? '');
  return hard ? 'hard' : 'soft';
}
