/**
 * Begins a membership (3.1, 3.2.1): writes the subscription, the member's authorization and the intent to charge or to
 * validate. The gateway hears of it later; until then the membership is `pending_payment`.
 */
import { Injectable } from '@nestjs/common';
import { CompanyStore } from '../companies/company.store.js';
import type { Subscription } from '../domain/subscription.js';
import { OpenFirstPayment } from '../payments/open-first-payment.js';
import type { Bind } from '../platform/http/idempotency.js';
import { Clock } from '../platform/time/clock.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { Admission } from './admission.js';
import { newSubscription } from './new-subscription.js';
import type { SubscribeBody } from './signup.dto.js';

@Injectable()
export class Subscribe {
  constructor(
    private readonly clock: Clock,
    private readonly admission: Admission,
    private readonly companies: CompanyStore,
    private readonly changeSubscription: ChangeSubscription,
    private readonly openFirstPayment: OpenFirstPayment,
  ) {}

  /**
   * Returns the subscription's id. Refuses in this order: `market_not_open`, `not_eligible`, `already_subscribed`,
   * `agreement_outdated`, `trial_not_available`; the first two and the last again where requests collide.
   */
  async subscribe(body: SubscribeBody, bind: Bind): Promise<string> {
    const now = await this.clock.now();
    const { formerId } = await this.admission.admit(body, now);
    const subscription = compose(body, formerId, now);
    return this.changeSubscription.begin(subscription, 'member', async (change) => {
      if (body.startWith === 'trial') await this.admission.requireOnlyTrial(change.tx, body.userId, subscription.id);
      await bind(change.tx, subscription.id);
      const { agreementVersion, locale, residenceCountry } = subscription;
      const contractingEntities = await this.companies.resolve(change.tx, residenceCountry);
      await this.admission.confirm(change.tx, body.userId, body.country);
      change.subscription.contractingEntities = contractingEntities;
      change.record('subscription.requested', '3.1.2', `the member subscribes, starting ${body.startWith}`, {
        agreementVersion,
        locale,
        residenceCountry,
        contractingEntities,
        previousSubscriptionId: formerId,
      });
      await this.openFirstPayment.open(change, body.paymentMethod);
      return subscription.id;
    });
  }
}

function compose(body: SubscribeBody, formerId: string | null, now: Date): Subscription {
  const { userId, country, residenceCountry, startWith, agreementVersion } = body;
  return newSubscription({
    userId,
    country,
    residenceCountry,
    startWith,
    autoRenewal: true,
    agreementVersion,
    agreementAcceptedAt: now,
    locale: body.locale ?? null,
    conversionConsentAt: body.conversionConsent === true ? now : null,
    previousSubscriptionId: formerId,
    createdAt: now,
  });
}
