/**
 * Payment methods as gateway requests: each is checked for charging without the member (3.2.1). A good one starts the
 * trial that waited for it, or takes the place of the method before.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { canMoveCharge } from '../domain/charge-progress.js';
import { isLive } from '../domain/subscription.js';
import { GatewayCustomers } from '../gateway/gateway-customers.js';
import type { Outcome } from '../gateway/outcome.js';
import { RequestKinds, type GatewayRequest, type RequestKind } from '../gateway/request-kind.js';
import { RequestStore } from '../gateway/request.store.js';
import { StripeGateway } from '../gateway/stripe/stripe-gateway.js';
import type { Change } from '../subscriptions/change.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { OpenCharge } from './open-charge.js';
import { StartTrial } from './start-trial.js';

@Injectable()
export class ValidationRequests implements RequestKind, OnModuleInit {
  readonly kind = 'validation';

  constructor(
    private readonly kinds: RequestKinds,
    private readonly requests: RequestStore,
    private readonly mandates: MandateStore,
    private readonly customers: GatewayCustomers,
    private readonly gateway: StripeGateway,
    private readonly openCharge: OpenCharge,
    private readonly startTrial: StartTrial,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  /** Records the authorization and the intent to validate it. `paymentMethod`: as the storefront handed it over. */
  async open(change: Change, paymentMethod: string): Promise<string> {
    // The member decides anew: what still waits for the method before is withdrawn.
    await this.requests.withdrawWaiting(change, { kind: 'validation' });
    askMember(change, null);
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

  async prepare(change: Change, request: GatewayRequest): Promise<(() => Promise<Outcome>) | null> {
    const mandate = await this.mandates.find(change.tx, request.subjectId);
    if (!isLive(change.subscription.status) || mandate?.status !== 'pending') return null;
    const { userId, token } = mandate;
    return async () => this.gateway.validate(await this.customers.ensure(userId), token, request.reference);
  }

  async ask(request: GatewayRequest): Promise<Outcome | null> {
    const customer = await this.customers.ofSubscription(request.subscriptionId);
    return customer === null ? null : this.gateway.findValidation(customer, request.reference);
  }

  withdraw(request: GatewayRequest): Promise<Outcome> {
    return this.gateway.withdrawValidation(request.gatewayId ?? '');
  }

  async settle(change: Change, request: GatewayRequest, outcome: Outcome): Promise<void> {
    const mandate = await this.mandates.find(change.tx, request.subjectId);
    const { subscription } = change;
    if (!isLive(subscription.status) || mandate?.status !== 'pending') return;
    askMember(change, outcome.kind === 'waiting_for_member' ? outcome.clientSecret : null);
    if (outcome.kind === 'failed') return this.reject(change, mandate.id, outcome.code);
    if (outcome.kind !== 'succeeded' || outcome.method === null) return;
    await this.mandates.accept(change.tx, mandate, outcome.method, change.now);
    if (subscription.status === 'pending_payment') return this.startTrial.start(change);
    const { brand, last4 } = outcome.method;
    change.record('payment_method.replaced', '3.3.1', 'charges go through the new payment method from now on', {
      brand,
      last4,
    });
    const mayRetry = subscription.chargeProgress !== 'moving' && subscription.suspendedAt === null;
    if (subscription.status === 'past_due' && mayRetry) await this.openCharge.retry(change);
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
}

/** What the member has to authenticate; while a payment waits for them, that is the payment. */
function askMember(change: Change, secret: string | null): void {
  if (canMoveCharge('authenticate', change.subscription.chargeProgress))
    change.moveCharge({ name: 'authenticate', secret });
}
