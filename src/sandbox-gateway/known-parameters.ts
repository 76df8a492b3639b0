/** Decides which parameters each route of Stripe's takes; another one is refused as Stripe refuses it. */
import type { Kind } from './store.js';

const PAYMENT = [
  'payment_method',
  'off_session',
  'setup_future_usage',
  'return_url',
  'receipt_email',
  'payment_method_options',
];
const SETUP = ['payment_method', 'return_url', 'payment_method_options', 'use_stripe_sdk'];
const CUSTOMER = ['description', 'email', 'name', 'phone', 'metadata', 'address', 'shipping', 'preferred_locales'];

export const POST_PARAMETERS = {
  createCustomer: [...CUSTOMER, 'payment_method', 'test_clock'],
  updateCustomer: CUSTOMER,
  deleteCustomer: [],
  attachMethod: ['customer'],
  detachMethod: [],
  createSetup: [
    ...SETUP,
    ...['customer', 'confirm', 'usage', 'metadata', 'description', 'automatic_payment_methods', 'payment_method_types'],
  ],
  confirmSetup: SETUP,
  cancelSetup: ['cancellation_reason'],
  createPayment: [
    ...PAYMENT,
    ...['amount', 'currency', 'customer', 'confirm', 'metadata', 'description', 'automatic_payment_methods'],
    ...['payment_method_types', 'capture_method', 'confirmation_method', 'statement_descriptor', 'use_stripe_sdk'],
    ...['statement_descriptor_suffix', 'error_on_requires_action', 'transfer_group', 'shipping'],
  ],
  confirmPayment: [...PAYMENT, 'error_on_requires_action', 'use_stripe_sdk', 'capture_method'],
  cancelPayment: ['cancellation_reason'],
  createRefund: ['amount', 'charge', 'payment_intent', 'metadata', 'reason', 'instructions_email'],
  cancelRefund: [],
} satisfies Record<string, string[]>;

export type PostName = keyof typeof POST_PARAMETERS;

/** Every list takes these beside its own. */
const PAGE = ['limit', 'starting_after', 'ending_before', 'created'];

export const LIST_FILTERS: Record<Kind, string[]> = {
  customer: [...PAGE, 'email'],
  payment_method: [...PAGE, 'customer', 'type'],
  setup_intent: [...PAGE, 'customer', 'payment_method'],
  payment_intent: [...PAGE, 'customer'],
  charge: [...PAGE, 'customer', 'payment_intent'],
  refund: [...PAGE, 'charge', 'payment_intent'],
  dispute: [...PAGE, 'charge', 'payment_intent'],
  balance_transaction: [...PAGE, 'currency', 'source', 'type', 'payout'],
  event: [...PAGE, 'type', 'types', 'delivery_success'],
  'radar.early_fraud_warning': [...PAGE, 'charge', 'payment_intent'],
};
