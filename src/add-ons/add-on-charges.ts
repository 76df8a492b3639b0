/**
 * Charges of value-added services as gateway requests: sent, asked for and withdrawn like any charge, and settled
 * apart from the membership: an outcome never starts or ends a term and never makes it past due (3.1.3).
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { AddOnStore } from '../benefits/add-on.store.js';
import { settleAddOnCapture } from '../domain/add-on.js';
import type { Charge } from '../domain/charge.js';
import { isLive } from '../domain/subscription.js';
import type { Outcome } from '../gateway/outcome.js';
import { RequestKinds, type GatewayRequest, type RequestKind } from '../gateway/request-kind.js';
import { RequestStore } from '../gateway/request.store.js';
import { Ledger } from '../ledger/ledger.js';
import { ChargeRequests } from '../payments/charge-requests.js';
import { ChargeStore } from '../payments/charge.store.js';
import type { Change } from '../subscriptions/change.js';

@Injectable()
export class AddOnCharges implements RequestKind, OnModuleInit {
  readonly kind = 'add_on';

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

  prepare(change: Change, request: GatewayRequest): Promise<(() => Promise<Outcome>) | null> {
    return this.chargeRequests.prepare(change, request);
  }

  ask(request: GatewayRequest): Promise<Outcome | null> {
    return this.chargeRequests.ask(request);
  }

  withdraw(request: GatewayRequest): Promise<Outcome> {
    return this.chargeRequests.withdraw(request);
  }

  async settle(change: Change, request: GatewayRequest, outcome: Outcome): Promise<void> {
    const charge = await this.charges.lock(change.tx, request.subjectId);
    if (charge.status === 'succeeded') return;
    switch (outcome.kind) {
      case 'succeeded':
        return this.captured(change, charge, outcome.gatewayId);
      case 'failed':
        return this.declined(change, charge, outcome.code);
      case 'waiting_for_member':
        // An extra is not worth a wait: it is withdrawn, and offered as before.
        return this.requests.withdrawWaiting(change, { subjectId: charge.id });
      case 'unknown':
        await this.charges.save(change.tx, { ...charge, status: 'unknown' });
    }
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

  private async declined(change: Change, charge: Charge, code: string): Promise<void> {
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
