/** A subscription at its very beginning: who, where and how; nothing is paid, due or decided yet. */
import { NO_CHARGE } from '../domain/charge-progress.js';
import type { Subscription } from '../domain/subscription.js';
import { newId } from '../platform/ids.js';

export type Beginning = Pick<
  Subscription,
  | 'userId'
  | 'country'
  | 'residenceCountry'
  | 'startWith'
  | 'autoRenewal'
  | 'agreementVersion'
  | 'agreementAcceptedAt'
  | 'locale'
  | 'conversionConsentAt'
  | 'previousSubscriptionId'
  | 'createdAt'
>;

/** The contracting companies are filled in where the sign-up commits; see `EntityStore.resolve`. */
export function newSubscription(beginning: Beginning): Subscription {
  return {
    id: newId(),
    ...beginning,
    status: 'pending_payment',
    contractingEntities: [],
    ...NO_CHARGE,
    suspendedAt: null,
    suspendedFor: null,
    reopenedAt: null,
    benefitsUntil: null,
    endedAt: null,
    endReason: null,
    dueMove: null,
    dueAt: null,
  };
}
