/** How a subscription and its terms are shown to the storefront; an allow-list, derived at an instant. */
import { nextChargeAt } from '../domain/due.js';
import type { Mandate, Subscription, SuspensionCause, Term } from '../domain/subscription.js';

export class MoneyView {
  /** Minor units. */
  amount: number;
  currency: string;
}

export class ContractingEntityView {
  name: string;
  /** The clause that chose it. */
  rule: string;
}

export class TermView {
  id: string;
  number: number;
  kind: 'trial' | 'paid' | 'temporary';
  startsAt: Date;
  endsAt: Date;
  price: MoneyView | null;
  chargeId: string | null;
  status: 'waiting' | 'running' | 'ended';
  /** With whom the member contracted when it began. */
  contractingEntities: ContractingEntityView[];
}

export class TimelineView {
  at: Date;
  /** Who did it: member, scheduler, gateway, risk, operations or finance. */
  actor: string;
  event: string;
  clause?: string;
  explanation: string;
  /** The inputs of the decision. */
  data: object;
}

export class PaymentMethodView {
  token: string;
  brand?: string;
  last4?: string;
}

export class NextActionView {
  type: 'authenticate';
  clientSecret: string;
}

export class SubscriptionView {
  id: string;
  userId: string;
  country: string;
  residenceCountry: string;
  status: string;
  autoRenewal: boolean;
  suspendedAt: Date | null;
  /** finding: by risk · chargeback: the payment is disputed with the member's bank. */
  suspendedFor: SuspensionCause | null;
  endedAt: Date | null;
  endReason: string | null;
  contractingEntities: ContractingEntityView[];
  agreementVersion: string;
  paymentMethod: PaymentMethodView | null;
  currentTerm: TermView | null;
  nextTerm: TermView | null;
  nextChargeAt: Date | null;
  benefitsUntil: Date | null;
  nextAction: NextActionView | null;
  conversionConsentAt: Date | null;
  previousSubscriptionId: string | null;
  createdAt: Date;
}

export function viewTerm(term: Term, subscription: Subscription, now: Date): TermView {
  const { id, number, kind, startsAt, endsAt, priceMinor, currency, chargeId, contractingEntities } = term;
  const over = subscription.endedAt !== null || now >= endsAt;
  return {
    id,
    number,
    kind,
    startsAt,
    endsAt,
    price: priceMinor === null || currency === null ? null : { amount: priceMinor, currency },
    chargeId,
    status: over ? 'ended' : now < startsAt ? 'waiting' : 'running',
    contractingEntities,
  };
}

/** The current term of an ended or overdue subscription is the last one it had. */
export function viewSubscription(
  subscription: Subscription,
  terms: Term[],
  mandate: Mandate | null,
  now: Date,
): SubscriptionView {
  const current = terms.filter((term) => term.startsAt <= now).at(-1) ?? null;
  const next = terms.find((term) => term.startsAt > now) ?? null;
  const secret = subscription.authenticationSecret;
  return {
    id: subscription.id,
    userId: subscription.userId,
    country: subscription.country,
    residenceCountry: subscription.residenceCountry,
    status: subscription.status,
    autoRenewal: subscription.autoRenewal,
    suspendedAt: subscription.suspendedAt,
    suspendedFor: subscription.suspendedFor,
    endedAt: subscription.endedAt,
    endReason: subscription.endReason,
    contractingEntities: subscription.contractingEntities,
    agreementVersion: subscription.agreementVersion,
    paymentMethod: mandate === null ? null : viewPaymentMethod(mandate),
    currentTerm: current === null ? null : viewTerm(current, subscription, now),
    nextTerm: next === null ? null : viewTerm(next, subscription, now),
    nextChargeAt: nextChargeAt(subscription),
    benefitsUntil: subscription.benefitsUntil,
    nextAction: secret === null ? null : { type: 'authenticate', clientSecret: secret },
    conversionConsentAt: subscription.conversionConsentAt,
    previousSubscriptionId: subscription.previousSubscriptionId,
    createdAt: subscription.createdAt,
  };
}

/** Under the name the storefront knows it by. */
function viewPaymentMethod({ token, brand, last4 }: Mandate): PaymentMethodView {
  return {
    token,
    ...(brand === null ? {} : { brand }),
    ...(last4 === null ? {} : { last4 }),
  };
}
