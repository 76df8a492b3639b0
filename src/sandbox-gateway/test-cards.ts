/**
 * Decides how each of Stripe's test cards behaves (docs.stripe.com/testing). A payment method remembers its card by its last
 * four digits, which are different for every card here.
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

export const SETUP_AUTHENTICATION_FAILED: Decline = {
  ...AUTHENTICATION_FAILED,
  code: 'setup_intent_authentication_failure',
};

/** What happens by itself some time after a call. */
export type LaterAct = 'refund_arrives' | 'refund_fails' | 'dispute' | 'inquiry' | 'fraud_warning';

export interface TestCard {
  brand: 'visa' | 'mastercard';
  last4: string;
  /** At a set-up: declined, or the cardholder is asked. */
  attaching?: Decline | 'authenticate';
  /** Declined, or the cardholder is asked: always, or only where they are there or it was never set up. */
  charging?: Decline | 'authenticate' | 'authenticate_on_session';
  /** Some time after it is charged. */
  afterCharge?: LaterAct;
  /** How its refunds begin, and what becomes of them. */
  refunding?: { status: 'pending' | 'succeeded'; then: LaterAct };
}

function declined(decline_code: string, advice_code: string, message = 'Your card was declined.'): Decline {
  return { code: 'card_declined', decline_code, advice_code, message };
}

function refusing(last4: string, decline: Decline): TestCard {
  return { brand: 'visa', last4, attaching: decline, charging: decline };
}

const visa = (last4: string, more: Omit<TestCard, 'brand' | 'last4'> = {}): TestCard => ({
  brand: 'visa',
  last4,
  ...more,
});

const GENERIC = declined('generic_decline', 'try_again_later');
const INSUFFICIENT = declined('insufficient_funds', 'try_again_later', 'Your card has insufficient funds.');
const LOST = declined('lost_card', 'do_not_try_again');
const STOLEN = declined('stolen_card', 'do_not_try_again');
// Stripe gives no advice where its own rules have blocked a payment.
const BLOCKED: Decline = { code: 'card_declined', decline_code: 'fraudulent', message: 'Your card was declined.' };
/** Of a payment that was under way. */
export const DECLINED_LATER = GENERIC;

const EXPIRED: Decline = {
  code: 'expired_card',
  decline_code: 'expired_card',
  advice_code: 'confirm_card_data',
  message: 'Your card has expired.',
};
const INCORRECT_CVC: Decline = {
  code: 'incorrect_cvc',
  decline_code: 'incorrect_cvc',
  advice_code: 'confirm_card_data',
  message: "Your card's security code is incorrect.",
};
const UNPROCESSED: Decline = {
  code: 'processing_error',
  decline_code: 'processing_error',
  advice_code: 'try_again_later',
  message: 'An error occurred while processing your card. Try again in a little bit.',
};

const CARDS = new Map<string, TestCard>([
  ['pm_card_visa', visa('4242')],
  ['pm_card_mastercard', { brand: 'mastercard', last4: '4444' }],
  ['pm_card_chargeDeclined', refusing('0002', GENERIC)],
  ['pm_card_chargeDeclinedInsufficientFunds', refusing('9995', INSUFFICIENT)],
  ['pm_card_chargeDeclinedStolenCard', refusing('9979', STOLEN)],
  ['pm_card_chargeDeclinedLostCard', refusing('9987', LOST)],
  ['pm_card_chargeDeclinedExpiredCard', refusing('0069', EXPIRED)],
  ['pm_card_chargeDeclinedIncorrectCvc', refusing('0127', INCORRECT_CVC)],
  ['pm_card_chargeDeclinedProcessingError', refusing('0119', UNPROCESSED)],
  ['pm_card_radarBlock', refusing('0019', BLOCKED)],
  ['pm_card_chargeCustomerFail', visa('0341', { charging: GENERIC })],
  ['pm_card_authenticationRequired', visa('3184', { charging: 'authenticate' })],
  [
    'pm_card_authenticationRequiredOnSetup',
    visa('3155', { attaching: 'authenticate', charging: 'authenticate_on_session' }),
  ],
  ['pm_card_refundFail', visa('5126', { refunding: { status: 'succeeded', then: 'refund_fails' } })],
  ['pm_card_pendingRefund', visa('7726', { refunding: { status: 'pending', then: 'refund_arrives' } })],
  ['pm_card_createDispute', visa('0259', { afterCharge: 'dispute' })],
  ['pm_card_createDisputeInquiry', visa('1976', { afterCharge: 'inquiry' })],
  ['pm_card_createIssuerFraudRecord', visa('5423', { afterCharge: 'fraud_warning' })],
]);

/** As Stripe's page names them; the names without `visa_` are older, and both work there. */
for (const [name, card] of [...CARDS]) {
  if (name.startsWith('pm_card_chargeDeclined')) CARDS.set(name.replace('pm_card_', 'pm_card_visa_'), card);
}

export function cardOfToken(token: string): TestCard | undefined {
  return CARDS.get(token);
}

export function cardEndingIn(last4: string | undefined): TestCard | undefined {
  return Array.from(CARDS.values()).find((card) => card.last4 === last4);
}
