/**
 * Reads a webhook call of Stripe's: whether it is Stripe's own, and what it is about. Events come late, twice and in any
 * order, so nothing they say is believed; the gateway is asked about the object they name.
 */
import Stripe from 'stripe';
import { RequestProblem } from '../../platform/http/problem.js';
import { machineNow } from '../../platform/time/clock.js';
import type { GatewayNotice } from '../outcome.js';

const TOLERANCE_SECONDS = 300;
/** Only a reference this service could have written is looked up. */
const REFERENCE_FORM = /^(charge|validation|refund)_[\w-]{1,200}$/;

/** What each begins with; the first that fits says what an event is about. */
const ABOUT: readonly [prefix: string, about: GatewayNotice['about']][] = [
  ['charge.dispute.', 'dispute'],
  ['radar.early_fraud_warning.', 'fraud_warning'],
  ['charge.refund.', 'refund'],
  ['refund.', 'refund'],
  ['payment_intent.', 'request'],
  ['setup_intent.', 'request'],
  ['charge.', 'request'],
];

const CONFIRMS: Record<string, GatewayNotice['repeats']> = {
  'payment_intent.succeeded': 'succeeded',
  'charge.succeeded': 'succeeded',
  'charge.updated': 'succeeded',
  'charge.refunded': 'succeeded',
  'setup_intent.succeeded': 'succeeded',
  'refund.created': 'succeeded',
  'payment_intent.payment_failed': 'failed',
  'payment_intent.canceled': 'failed',
  'setup_intent.setup_failed': 'failed',
  'setup_intent.canceled': 'failed',
  'charge.failed': 'failed',
};

/**
 * Refuses 400 `webhook_signature_invalid`, also when the call's time is 300 s off either way, then `webhook_unreadable` for
 * what is signed and no event.
 */
export function readStripeNotice(
  webhooks: Stripe['webhooks'],
  call: { body: string; signature: string; secret: string },
): GatewayNotice {
  const event: unknown = verified(webhooks, call);
  if (!isEvent(event)) throw new RequestProblem(400, 'webhook_unreadable', 'This is signed, but it is no event.');
  const { id, type, data } = event;
  const about = ABOUT.find(([prefix]) => type.startsWith(prefix))?.[1] ?? 'nothing';
  const reference = data.object.metadata?.reference;
  return {
    id,
    type,
    about,
    objectId: data.object.id ?? '',
    reference: typeof reference === 'string' && REFERENCE_FORM.test(reference) ? reference : null,
    repeats: CONFIRMS[type] ?? null,
  };
}

function verified(
  webhooks: Stripe['webhooks'],
  { body, signature, secret }: { body: string; signature: string; secret: string },
): unknown {
  const sentAtSeconds = Number(/(?:^|,)t=(\d+)/.exec(signature)?.[1]);
  const offSeconds = Math.abs(machineNow().getTime() / 1000 - sentAtSeconds);
  try {
    // The SDK accepts a time that lies ahead, however far.
    if (!(offSeconds <= TOLERANCE_SECONDS)) throw new Error('its time is too far from ours');
    return webhooks.constructEvent(body, signature, secret, TOLERANCE_SECONDS);
  } catch {
    throw new RequestProblem(400, 'webhook_signature_invalid', 'The Stripe-Signature does not fit this body and time.');
  }
}

interface StripeEvent {
  id: string;
  type: string;
  data: { object: { id?: string; metadata?: Record<string, unknown> | null } };
}

function isEvent(read: unknown): read is StripeEvent {
  const { id, type, data } = (read ?? {}) as Partial<StripeEvent>;
  return typeof id === 'string' && typeof type === 'string' && Object(data?.object) === data?.object;
}
