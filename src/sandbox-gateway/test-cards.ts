/**
 * Decides how each of Stripe's test cards behaves. A payment method remembers its card by its last four digits, which
 * are different for every card here.
 */
import type { Decline } from './stripe-errors.js';

export const AUTHENTICATION_REQUIRED: Decline = {
  code: 'authentication_required',
  decline_code: 'authentication_required',
  message: 'Your card was declined. This transaction requires authentication.',
};

export const AUTHENTICATION_FAILED: Decline = {
  code: 'payment_intent_authentication_failure',
  decline_code: 'authentication_not_handled',
  message: 'The provided PaymentMethod has failed authentication.',
};

export interface TestCard {
  brand: 'visa' | 'mastercard';
  last4: string;
  attaching?: Decline;
  charging?: Decline | 'authenticate';
}

function declined(decline_code: string, message = 'Your card was declined.'): Decline {
  return { code: 'card_declined', decline_code, message };
}

function refusing(last4: string, decline: Decline): TestCard {
  return { brand: 'visa', last4, attaching: decline, charging: decline };
}

const EXPIRED = { code: 'expired_card', decline_code: 'expired_card', message: 'Your card has expired.' };
const UNPROCESSED = {
  code: 'processing_error',
  decline_code: 'processing_error',
  message: 'An error occurred while processing your card. Try again in a little bit.',
};

const CARDS = new Map<string, TestCard>([
  ['pm_card_visa', { brand: 'visa', last4: '4242' }],
  ['pm_card_mastercard', { brand: 'mastercard', last4: '4444' }],
  ['pm_card_chargeDeclined', refusing('0002', declined('generic_decline'))],
  [
    'pm_card_chargeDeclinedInsufficientFunds',
    refusing('9995', declined('insufficient_funds', 'Your card has insufficient funds.')),
  ],
  ['pm_card_chargeDeclinedStolenCard', refusing('9979', declined('stolen_card'))],
  ['pm_card_chargeDeclinedLostCard', refusing('9987', declined('lost_card'))],
  ['pm_card_chargeDeclinedExpiredCard', refusing('0069', EXPIRED)],
  ['pm_card_chargeDeclinedProcessingError', refusing('0119', UNPROCESSED)],
  ['pm_card_chargeCustomerFail', { brand: 'visa', last4: '0341', charging: declined('generic_decline') }],
  ['pm_card_authenticationRequired', { brand: 'visa', last4: '3184', charging: 'authenticate' }],
]);

export function cardOfToken(token: string): TestCard | undefined {
  return CARDS.get(token);
}

export function cardEndingIn(last4: string | undefined): TestCard | undefined {
  return Array.from(CARDS.values()).find((card) => card.last4 === last4);
}
