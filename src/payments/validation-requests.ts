/**
 * Payment methods as gateway requests: each is checked for charging without the member (3.2.1). A good one starts the
 * trial that waited for it, or takes the place of the method before.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { plusDays } from '../domain/instant.js';
import { isLive, type Term } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import { Database } from '../platform/database.js';
import { newId } from '../platform/ids.js';
import type { Change } from '../subscriptions/change.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { SubscriptionStore } from '../subscriptions/subscription.store.js';
import { GatewayCustomers } from './gateway-customers.js';
import type { GatewayRequestEntity } from './gateway-request.entity.js';
import { OpenCharge } from './open-charge.js';
import type { Outcome } from './outcome.js';
import { RequestKinds, type RequestKind } from './request-kind.js';
import { RequestStore } from './request.store.js';
import { StripeGateway } from './stripe-gateway.js';

@Injectable()
export class ValidationRequests implements RequestKind, OnModuleInit {
  readonly kind = 'validation';

  constructor(
    private readonly kinds: RequestKinds,
    private readonly database: Database,
    private readonly requests: RequestStore,
    private readonly mandates: MandateStore,
    private readonly subscriptions: SubscriptionStore,
    private readonly markets: MarketStore,
    private readonly customers: GatewayCustomers,
    private readonly gateway: StripeGateway,
    private readonly openCharge: OpenCharge,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  /** Records the authorization and the intent to validate it. `paymentMethod`: as the storefront handed it over. */
  async open(change: Change, paymentMethod: string): Promise<string> {
    const mandate = await this.mandates.open(change.tx, change.subscription, paymentMethod, change.now);
    const { id: subjectId } = mandate;
    await this.requests.intend(change, {
      kind: 'validation',
      subjectId,
      reference: `validation_${subjectId}`,
      attempt: 1,
    });
    return subjectId;
  }

  async prepare(change: Change, request: GatewayRequestEntity): Promise<(() => Promise<Outcome>) | null> {
    const mandate = await this.mandates.find(change.tx, request.subjectId);
    if (!isLive(change.subscription.status) || mandate?.status !== 'pending') return null;
    const { userId, token } = mandate;
    return async () => this.gateway.validate(await this.customers.ensure(userId), token, request.reference);
  }

  async ask(request: GatewayRequestEntity): Promise<Outcome | null> {
    const { userId } = await this.subscriptions.get(request.subscriptionId);
    const customer = await this.customers.find(userId);
    return customer === null ? null : this.gateway.findValidation(customer, request.reference);
  }

  withdraw(request: GatewayRequestEntity): Promise<Outcome> {
    return this.gateway.withdrawValidation(request.gatewayId ?? '');
  }

  async settle(change: Change, request: GatewayRequestEntity, outcome: Outcome): Promise<void> {
    const mandate = await this.mandates.find(change.tx, request.subjectId);
    const { subscription } = change;
    if (!isLive(subscription.status) || mandate?.status !== 'pending') return;
    if (outcome.kind === 'waiting_for_member') subscription.authenticationSecret ??= outcome.clientSecret;
    if (outcome.kind === 'failed') return this.reject(change, mandate.id, outcome.code);
    if (outcome.kind !== 'succeeded' || outcome.method === null) return;
    await this.mandates.accept(change.tx, mandate, outcome.method, change.now);
    if (subscription.status === 'pending_payment') return this.startTrial(change);
    const { brand, last4 } = outcome.method;
    change.record('payment_method.replaced', '3.3.1', 'charges go through the new payment method from now on', {
      brand,
      last4,
    });
    if (subscription.status === 'past_due' && subscription.chargeProgress !== 'moving')
      await this.openCharge.retry(change);
  }

  private async reject(change: Change, mandateId: string, code: string): Promise<void> {
    await this.mandates.reject(change.tx, mandateId, change.now);
    change.record('payment_method.rejected', '3.2.1', `the payment method cannot be used: ${code}`, { code });
    if (change.subscription.status !== 'pending_payment') return;
    change.end('abandon', 'payment_method_rejected');
    change.record('subscription.abandoned', '3.2.1', 'ended before it began: the payment method was rejected', {
      code,
    });
  }

  private async startTrial(change: Change): Promise<void> {
    const { subscription, now, tx } = change;
    const pack = await this.markets.rulePackAt(tx, subscription.country, now);
    const term: Term = {
      id: newId(),
      subscriptionId: subscription.id,
      number: 1,
      kind: 'trial',
      startsAt: now,
      endsAt: plusDays(now, pack.trialDays),
      priceMinor: null,
      currency: null,
      chargeId: null,
      rulePackVersion: pack.version,
      cancellationPeriodEndsAt: null,
    };
    await this.subscriptions.insertTerm(tx, term);
    change.terms.push(term);
    change.move('begin_trial');
    subscription.authenticationSecret = null;
    const { startsAt, endsAt } = term;
    change.record(
      'subscription.trial_started',
      '3.2.1',
      `the trial runs ${pack.trialDays} days, to ${endsAt.toISOString()}`,
      {
        startsAt,
        endsAt,
      },
    );
  }
}
