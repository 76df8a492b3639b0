/**
 * Charges of value-added services as gateway requests: sent, asked for and withdrawn like any charge, and settled
 * apart from the membership: an outcome never starts or ends a term and never makes it past due (3.1.3).
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AddOnStore } from '../benefits/add-on.store.js';
import { settleAddOnCapture } from '../domain/add-on.js';
import type { Charge } from '../domain/charge.js';
import { isLive } from '../domain/subscription.js';
import { GIVEN_UP } from '../gateway/outcome.js';
import {
  RequestKinds,
  type Decided,
  type GatewayRequest,
  type Prepared,
  type RequestKind,
} from '../gateway/request-kind.js';
import { RequestStore } from '../gateway/request.store.js';
import { Ledger } from '../ledger/ledger.js';
import { ChargeRequests } from '../payments/charge-requests.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Change } from '../subscriptions/change.js';

@Injectable()
export class AddOnCharges implements RequestKind, OnModuleInit {
  readonly kind = 'add_on';
  readonly ofCustomer = true;

  constructor(
    private readonly kinds: RequestKinds,
    private readonly chargeRequests: ChargeRequests,
    private readonly charges: ChargeStore,
    private readonly requests: RequestStore,
    private readonly addOns: AddOnStore,
    private readonly ledger: Ledger,
  ) {}

  onModuleInit(): void {
    this.kinds.register(this);
  }

  isWanted(change: Change, request: GatewayRequest): Promise<boolean> {
    return this.chargeRequests.isWanted(change, request);
  }

  prepare(change: Change, request: GatewayRequest, found: { customer: string }): Promise<Prepared> {
    return this.chargeRequests.prepare(change, request, found);
  }

  async settle(change: Change, request: GatewayRequest, outcome: Decided): Promise<void> {
    const charge = await this.charges.lock(change.tx, request.subjectId);
    if (charge.status === 'succeeded') return;
    switch (outcome.kind) {
      case 'succeeded':
        return this.captured(change, charge, outcome.gatewayId);
      case 'declined':
      case 'refused':
        return this.failed(change, charge, outcome.code);
      case 'withdrawn':
        return this.failed(change, charge, outcome.kind);
      case 'waiting_for_member':
        // An extra is not worth a wait: it is withdrawn, and offered as before.
        return this.requests.withdrawWaiting(change, { subjectId: charge.id });
      case 'processing':
        return this.charges.save(change.tx, { ...charge, status: 'pending' });
      case 'unknown':
        return this.charges.save(change.tx, { ...charge, status: 'unknown' });
    }
  }

  /** Nobody is told whether it was paid: it is offered as before, and what comes in after all goes back. */
  async again(change: Change, { subjectId }: GatewayRequest): Promise<void> {
    const charge = await this.charges.lock(change.tx, subjectId);
    if (charge.status !== 'succeeded') await this.failed(change, charge, GIVEN_UP);
  }

  private async captured(change: Change, charge: Charge, gatewayPaymentId: string): Promise<void> {
    const { tx, now, subscription } = change;
    const { id: chargeId, reference, amountMinor, currency } = charge;
    const addOn = await this.addOns.ofCharge(tx, chargeId);
    const effect = settleAddOnCapture(addOn, chargeId, isLive(subscription.status));
    const unappliedAt = effect === 'apply' ? null : now;
    await this.charges.save(tx, { ...charge, status: 'succeeded', gatewayPaymentId, settledAt: now, unappliedAt });
    const data = { code: addOn.code, chargeId, reference };
    change.record('charge.succeeded', '3.1.3', `${amountMinor} ${currency} was captured for ${addOn.code}`, data);
    if (effect === 'apply') {
      await this.ledger.captured(change, charge, null, '3.1.3');
      await this.addOns.save(tx, { ...addOn, status: 'accepted' });
      change.record('add_on.paid', '3.1.3', `${addOn.code} is paid and on`, data);
    } else {
      await this.ledger.capturedUnapplied(change, charge, '3.1.3');
      change.record('charge.unapplied', '3.1.3', `nothing is left to pay for: all of it goes back`, data);
    }
  }

  private async failed(change: Change, charge: Charge, code: string): Promise<void> {
    const { tx, now } = change;
    await this.charges.save(tx, { ...charge, status: 'failed', settledAt: now });
    const addOn = await this.addOns.ofCharge(tx, charge.id);
    if (addOn.chargeId === charge.id && addOn.status === 'pending') {
      await this.addOns.save(tx, { ...addOn, status: 'offered' });
    }
    change.record('charge.failed', '3.1.3', `${addOn.code} was not paid: ${code}; it is offered as before`, {
      code,
      chargeId: charge.id,
      reference: charge.reference,
      attempt: 1,
    });
  }
}
