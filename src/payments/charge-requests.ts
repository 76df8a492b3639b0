/** Charges as gateway requests: whether one is still wanted, and what it asks. What its outcome does is `SettleCharge`. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Charge } from '../domain/charge.js';
import { isLive } from '../domain/subscription.js';
import {
  RequestKinds,
  type Decided,
  type GatewayRequest,
  type Prepared,
  type RequestKind,
} from '../gateway/request-kind.js';
import type { Change } from '../subscriptions/change.js';
import { MandateStore } from '../subscriptions/mandate.store.js';
import { ChargeStore } from './charge.store.js';
import { OpenCharge } from './open-charge.js';
import { SettleCharge } from './settle-charge.js';

@Injectable()
export class ChargeRequests implements RequestKind, OnModuleInit {
  readonly kind = 'charge';
  readonly ofCustomer = true;

  constructor(
    private readonly kinds: RequestKinds,
    private readonly charges: ChargeStore,
    private readonly mandates: MandateStore,
    private readonly openCharge: OpenCharge,
    private readonly settleCharge: SettleCharge,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  /**
   * No longer once the subscription has ended or is suspended, the charge was captured otherwise, or the authorization is
   * gone (rules 4, invariant I10).
   */
  async isWanted(change: Change, { subjectId, subscriptionId }: GatewayRequest): Promise<boolean> {
    const charge = await this.charges.lock(change.tx, subjectId);
    return mayBeCharged(change, charge) && (await this.mandates.current(change.tx, subscriptionId)) !== null;
  }

  /** Through the authorization that is current now; every repeat of the attempt goes through the same one. */
  async prepare(
    change: Change,
    { subjectId, subscriptionId }: GatewayRequest,
    { customer }: { customer: string },
  ): Promise<Prepared> {
    const { tx } = change;
    const charge = await this.charges.lock(tx, subjectId);
    const mandate = await this.mandates.current(tx, subscriptionId);
    if (mandate === null || !mayBeCharged(change, charge)) return { kind: 'unwanted' };
    await this.charges.save(tx, { ...charge, mandateId: mandate.id });
    const { amountMinor, currency, purpose } = charge;
    return {
      kind: 'order',
      order: {
        kind: 'charge',
        customer,
        method: mandate.gatewayMethodId ?? mandate.token,
        amountMinor,
        currency,
        offSession: purpose === 'conversion' || purpose === 'renewal',
        keepMethod: mandate.status === 'pending',
      },
    };
  }

  async settle(change: Change, request: GatewayRequest, outcome: Decided): Promise<void> {
    const charge = await this.charges.lock(change.tx, request.subjectId);
    switch (outcome.kind) {
      case 'succeeded':
        return this.settleCharge.captured(change, charge, outcome);
      case 'declined':
      case 'refused':
      case 'withdrawn':
        return this.settleCharge.failed(change, charge, request.attempt, outcome);
      case 'waiting_for_member':
        return this.settleCharge.waitsForMember(change, charge, outcome.clientSecret);
      case 'processing':
        return this.settleCharge.isUnderWay(change, charge, 'pending');
      case 'unknown':
        return this.settleCharge.isUnderWay(change, charge, 'unknown');
    }
  }

  async again(change: Change, { subjectId, attempt }: GatewayRequest): Promise<void> {
    const charge = await this.charges.lock(change.tx, subjectId);
    if (attempt === charge.attempts) await this.openCharge.again(change, charge);
  }
}

function mayBeCharged({ subscription: { status, suspendedAt } }: Change, charge: Charge): boolean {
  return isLive(status) && suspendedAt === null && charge.status !== 'succeeded';
}
