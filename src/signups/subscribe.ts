/**
 * Begins a membership (3.1, 3.2.1): writes the subscription, the member's authorization and the intent to charge or to
 * validate. The gateway hears of it later; until then the membership is `pending_payment`.
 */
import { Injectable } from '@nestjs/common';
import { resolveContractingEntities } from '../domain/contracting-entity.js';
import type { Subscription } from '../domain/subscription.js';
import { OpenFirstPayment } from '../payments/open-first-payment.js';
import { Clock } from '../platform/clock.js';
import type { Bind } from '../platform/idempotency.js';
import { newId } from '../platform/ids.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { Admission } from './admission.js';
import type { SubscribeBody } from './signup.dto.js';

// Countries whose contracting company VIP 1.1 names itself; none is published, so FMA 1.1 decides everywhere.
const VIP_ENTITIES: Readonly<Record<string, string>> = {};

@Injectable()
export class Subscribe {
  constructor(
    private readonly clock: Clock,
    private readonly admission: Admission,
    private readonly changeSubscription: ChangeSubscription,
    private readonly openFirstPayment: OpenFirstPayment,
  ) {}

  /**
   * Returns the subscription's id. Refuses in this order: `market_not_open`, `not_eligible`, `agreement_outdated`,
   * `trial_not_available`, `already_subscribed`.
   */
  async run(body: SubscribeBody, bind: Bind): Promise<string> {
    const now = await this.clock.now();
    const { formerId } = await this.admission.admit(body, now);
    const subscription = this.compose(body, formerId, now);
    return this.changeSubscription.begin(subscription, 'member', async (change) => {
      await bind(change.tx, subscription.id);
      const { agreementVersion, locale, residenceCountry, contractingEntities } = subscription;
      change.record('subscription.requested', '3.1.2', `the member subscribes, starting ${body.startWith}`, {
        agreementVersion,
        locale,
        residenceCountry,
        contractingEntities,
        previousSubscriptionId: formerId,
      });
      await this.openFirstPayment.run(change, body.paymentMethod);
      return subscription.id;
    });
  }

  private compose(body: SubscribeBody, formerId: string | null, now: Date): Subscription {
    return {
      id: newId(),
      userId: body.userId,
      country: body.country,
      residenceCountry: body.residenceCountry,
      status: 'pending_payment',
      startWith: body.startWith,
      autoRenewal: true,
      contractingEntities: resolveContractingEntities(body.residenceCountry, VIP_ENTITIES),
      agreementVersion: body.agreementVersion,
      agreementAcceptedAt: now,
      locale: body.locale ?? null,
      conversionConsentAt: body.conversionConsent === true ? now : null,
      previousSubscriptionId: formerId,
      chargeProgress: 'none',
      authenticationSecret: null,
      firstFailedAt: null,
      retryAt: null,
      benefitsUntil: null,
      createdAt: now,
      endedAt: null,
      endReason: null,
      dueMove: null,
      dueAt: null,
    };
  }
}
