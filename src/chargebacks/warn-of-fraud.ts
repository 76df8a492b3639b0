/** A card network warns that a payment may be fraudulent, before any dispute: risk looks at it. Nothing is decided by it. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CaseStore } from '../cases/case.store.js';
import { formatMoney } from '../domain/money.js';
import { EventHandlers, type EventHandler } from '../gateway/event-handlers.js';
import { Gateways } from '../gateway/payment-gateway.js';
import { ChargeStore } from '../payments/charge.store.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';

@Injectable()
export class WarnOfFraud implements EventHandler, OnModuleInit {
  readonly about = 'fraud_warning';

  constructor(
    private readonly handlers: EventHandlers,
    private readonly gateways: Gateways,
    private readonly charges: ChargeStore,
    private readonly changeSubscription: ChangeSubscription,
    private readonly cases: CaseStore,
  ) {}

  onModuleInit(): void {
    this.handlers.register(this);
  }

  /** False when there was no usable answer. */
  async apply(gateway: string, id: string): Promise<boolean> {
    const warning = await this.gateways.of(gateway).findWarning(id);
    if (warning === 'unanswered') return false;
    if (warning === 'unheard_of' || warning.paymentId === null) return true;
    const charge = await this.charges.findByPayment(gateway, warning.paymentId);
    if (charge === null) return true;
    const { id: subjectId, subscriptionId, reference } = charge;
    await this.changeSubscription.change(subscriptionId, 'gateway', ({ tx, now }) =>
      this.cases.open(tx, {
        kind: 'fraud_warning',
        subscriptionId,
        subjectId,
        explanation: `the card network warns of fraud (${warning.words}) in the payment of ${formatMoney(charge)}, ${reference}: risk decides what follows`,
        data: { warning: id, fraudType: warning.words, gateway },
        openedAt: now,
      }),
    );
    return true;
  }
}
