/**
 * Decides the outcome of one attempt to charge a payment intent: captured, declined, or waiting for the cardholder.
 * A capture writes charge, balance transaction, intent and events in the same unit; a decline is written too and then
 * thrown, so that the answer is a 402 and the fact is kept.
 */
import type Stripe from 'stripe';
import { balanceTransaction, feeMinor } from './balance-transactions.js';
import { afterCharge, attachTo, chargeBehaviour } from './payment-methods.js';
import { cardDeclined, type Decline } from './stripe-errors.js';
import { AUTHENTICATION_REQUIRED } from './test-cards.js';
import { newId, type UnitOfWork } from './unit-of-work.js';

const FOLLOWS_SECONDS = 60 * 60;

export interface Attempt {
  offSession: boolean;
  returnUrl: string | undefined;
}

export function charge(
  unit: UnitOfWork,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  attempt: Attempt,
): Stripe.PaymentIntent {
  const behaviour = chargeBehaviour(method);
  if (behaviour === undefined) return begin(unit, intent, method);
  const asks = behaviour === 'authenticate' || behaviour === 'authenticate_on_session';
  if (asks && !attempt.offSession) return askCardholder(unit, intent, method, attempt);
  // Set up once, and from then on charged without the cardholder.
  if (behaviour === 'authenticate_on_session' && method.customer !== null) return begin(unit, intent, method);
  const decline = typeof behaviour === 'string' ? AUTHENTICATION_REQUIRED : behaviour;
  const failed = failCharge(unit, intent, method, decline);
  const failedCharge = typeof failed.latest_charge === 'string' ? { charge: failed.latest_charge } : {};
  throw cardDeclined(decline, { ...failedCharge, payment_intent: failed, payment_method: method });
}

/** Captured at once, or for a while under way. */
function begin(unit: UnitOfWork, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): Stripe.PaymentIntent {
  if (!unit.settings.faults.processing) return capture(unit, intent, method);
  const underWay = unit.save<Stripe.PaymentIntent>({ ...intent, payment_method: method.id, status: 'processing' });
  unit.emit('payment_intent.processing', underWay);
  return underWay;
}

export function capture(
  unit: UnitOfWork,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
): Stripe.PaymentIntent {
  const blank = newCharge(unit, intent, method);
  const transaction = balanceTransaction({
    category: 'charge',
    source: blank.id,
    amountMinor: intent.amount,
    feeMinor: feeMinor(intent.amount, intent.currency),
    currency: intent.currency,
    description: intent.description,
    now: unit.now,
  });
  unit.save(transaction);
  const captured = unit.save<Stripe.Charge>({
    ...blank,
    amount_captured: intent.amount,
    balance_transaction: transaction.id,
    captured: true,
    outcome: outcome('authorized', 'approved_by_network', null, 'Payment complete.'),
    paid: true,
    status: 'succeeded',
  });
  if (intent.setup_future_usage !== null && typeof intent.customer === 'string') {
    attachTo(unit, method, intent.customer);
  }
  const succeeded = unit.save<Stripe.PaymentIntent>({
    ...intent,
    amount_received: intent.amount,
    last_payment_error: null,
    latest_charge: captured.id,
    next_action: null,
    payment_method: method.id,
    status: 'succeeded',
  });
  // Captured asynchronously, what it did to the balance is told later.
  const isAsync = intent.capture_method === 'automatic_async';
  unit.emit('charge.succeeded', isAsync ? { ...captured, balance_transaction: null } : captured);
  unit.emit('payment_intent.succeeded', succeeded);
  if (isAsync) unit.emit('charge.updated', captured);
  const follows = afterCharge(method);
  if (follows !== undefined) unit.later(follows, intent.id, FOLLOWS_SECONDS);
  return succeeded;
}

export function failCharge(
  unit: UnitOfWork,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  decline: Decline,
): Stripe.PaymentIntent {
  const failedCharge = unit.save<Stripe.Charge>({
    ...newCharge(unit, intent, method),
    failure_code: decline.code,
    failure_message: decline.message,
    outcome: {
      ...outcome('issuer_declined', 'declined_by_network', decline.decline_code, decline.message),
      advice_code: decline.advice_code ?? null,
    },
  });
  unit.emit('charge.failed', failedCharge);
  const failed = unit.save<Stripe.PaymentIntent>({
    ...intent,
    last_payment_error: {
      type: 'card_error',
      charge: failedCharge.id,
      code: decline.code,
      decline_code: decline.decline_code,
      ...(decline.advice_code === undefined ? {} : { advice_code: decline.advice_code }),
      message: decline.message,
      payment_method: method,
    },
    latest_charge: failedCharge.id,
    next_action: null,
    payment_method: null,
    status: 'requires_payment_method',
  });
  unit.emit('payment_intent.payment_failed', failed);
  return failed;
}

function askCardholder(
  unit: UnitOfWork,
  intent: Stripe.PaymentIntent,
  method: Stripe.PaymentMethod,
  attempt: Attempt,
): Stripe.PaymentIntent {
  const url = `https://hooks.stripe.com/3d_secure/authenticate/${intent.id}`;
  const waiting = unit.save<Stripe.PaymentIntent>({
    ...intent,
    last_payment_error: null,
    next_action:
      attempt.returnUrl === undefined
        ? { type: 'use_stripe_sdk', use_stripe_sdk: { type: 'three_d_secure_redirect', stripe_js: url } }
        : { type: 'redirect_to_url', redirect_to_url: { return_url: attempt.returnUrl, url } },
    payment_method: method.id,
    status: 'requires_action',
  });
  unit.emit('payment_intent.requires_action', waiting);
  return waiting;
}

function outcome(type: string, network: string, reason: string | null, message: string): Stripe.Charge.Outcome {
  return {
    advice_code: null,
    network_advice_code: null,
    network_decline_code: null,
    network_status: network,
    reason,
    risk_level: 'normal',
    seller_message: message,
    type,
  };
}

/** Neither paid nor captured yet. */
function newCharge(unit: UnitOfWork, intent: Stripe.PaymentIntent, method: Stripe.PaymentMethod): Stripe.Charge {
  return {
    id: newId('ch'),
    object: 'charge',
    amount: intent.amount,
    amount_captured: 0,
    amount_refunded: 0,
    application: null,
    application_fee: null,
    application_fee_amount: null,
    balance_transaction: null,
    billing_details: method.billing_details,
    calculated_statement_descriptor: null,
    captured: false,
    created: unit.now,
    currency: intent.currency,
    customer: intent.customer,
    description: intent.description,
    disputed: false,
    failure_balance_transaction: null,
    failure_code: null,
    failure_message: null,
    fraud_details: {},
    livemode: false,
    metadata: intent.metadata,
    on_behalf_of: null,
    outcome: null,
    paid: false,
    payment_intent: intent.id,
    payment_method: method.id,
    payment_method_details: cardDetails(method),
    receipt_email: null,
    receipt_number: null,
    receipt_url: null,
    refunded: false,
    review: null,
    shipping: null,
    source: null,
    source_transfer: null,
    statement_descriptor: null,
    statement_descriptor_suffix: null,
    status: 'failed',
    transfer_data: null,
    transfer_group: null,
  };
}

function cardDetails(method: Stripe.PaymentMethod): Stripe.Charge.PaymentMethodDetails | null {
  if (method.card === undefined) return null;
  const { brand, country, exp_month, exp_year, funding, last4 } = method.card;
  return {
    card: {
      amount_authorized: null,
      authorization_code: null,
      brand,
      checks: { address_line1_check: null, address_postal_code_check: null, cvc_check: 'pass' },
      country,
      electronic_commerce_indicator: null,
      exp_month,
      exp_year,
      funding,
      installments: null,
      last4,
      mandate: null,
      network: brand,
      network_transaction_id: null,
      regulated_status: 'unregulated',
      three_d_secure: null,
      transaction_link_id: null,
      wallet: null,
    },
    type: 'card',
  };
}
