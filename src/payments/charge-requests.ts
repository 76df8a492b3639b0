/** Charges as gateway requests: how one is sent, asked for and withdrawn. What its outcome does is `SettleCharge`. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { isLive } from '../domain/subscription.js';
import { GatewayCustomers } from '../gateway/gateway-customers.js';
import type { Outcome } from '../gateway/outcome.js';
import { RequestKinds, type GatewayRequest, type RequestKind } from '../gateway/request-kind.js';
import { StripeGateway } from '../gateway/stripe/stripe-gateway.js';
import { Database } from '../platform/database/database.js';
import type { Change } from '../subscriptions/change.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { ChargeStore } from './charge.store.js';
import { SettleCharge } from './settle-charge.js';

@Injectable()
export class ChargeRequests implements RequestKind, OnModuleInit {
  readonly kind = 'charge';

  constructor(
    private readonly kinds: RequestKinds,
    private readonly database: Database,
    private readonly charges: ChargeStore,
    private readonly mandates: MandateStore,
    private readonly customers: GatewayCustomers,
    private readonly gateway: StripeGateway,
    private readonly settleCharge: SettleCharge,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  /**
   * No longer wanted once the subscription has ended or is suspended, or the charge was captured otherwise (rules 4,
   * invariant I10).
   */
  async prepare(change: Change, request: GatewayRequest): Promise<(() => Promise<Outcome>) | null> {
    const charge = await this.charges.lock(change.tx, request.subjectId);
    const mandate = await this.mandates.current(change.tx, request.subscriptionId);
    const { status, suspendedAt } = change.subscription;
    if (!isLive(status) || suspendedAt !== null || charge.status === 'succeeded' || mandate === null) return null;
    await this.charges.save(change.tx, { ...charge, mandateId: mandate.id });
    const { userId } = change.subscription;
    return async () =>
      this.gateway.charge({
        customer: await this.customers.ensure(userId),
        method: mandate.gatewayMethodId ?? mandate.token,
        money: charge,
        reference: request.reference,
        offSession: charge.purpose === 'conversion' || charge.purpose === 'renewal',
        keepMethod: mandate.status === 'pending',
      });
  }

  async ask(request: GatewayRequest): Promise<Outcome | null> {
    const charge = await this.charges.find(this.database.reader, request.subjectId);
    const customer = await this.customers.ofSubscription(request.subscriptionId);
    return customer === null ? null : this.gateway.findCharge(customer, request.reference, charge);
  }

  async withdraw(request: GatewayRequest): Promise<Outcome> {
    const charge = await this.charges.find(this.database.reader, request.subjectId);
    return this.gateway.withdrawCharge(request.gatewayId ?? '', charge);
  }

  async settle(change: Change, request: GatewayRequest, outcome: Outcome): Promise<void> {
    const charge = await this.charges.lock(change.tx, request.subjectId);
    switch (outcome.kind) {
      case 'succeeded':
        return this.settleCharge.captured(change, charge, outcome);
      case 'failed':
        return this.settleCharge.declined(change, charge, request.attempt, outcome.code);
      case 'waiting_for_member':
        return this.settleCharge.waitsForMember(change, charge, outcome.clientSecret);
      case 'unknown':
        if (charge.status !== 'succeeded') await this.charges.save(change.tx, { ...charge, status: 'unknown' });
    }
  }
}
