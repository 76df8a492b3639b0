/**
 * What happens at a term's end, for trials and paid terms alike: the law says charge or expire, under the lock. The
 * flows decide when to come here.
 */
import { Injectable } from '@nestjs/common';
import type { RulePack } from '../domain/rule-pack.js';
import type { Term } from '../domain/subscription.js';
import { decideTermEnd } from '../domain/term-end.js';
import { MarketStore } from '../markets/market.store.js';
import { OpenCharge } from '../payments/open-charge.js';
import type { Change } from '../subscriptions/change.js';
import { ExpectedPrice } from '../subscriptions/expected-price.js';
import { NoticeProof } from './notice-proof.js';

@Injectable()
export class ConcludeTerm {
  constructor(
    private readonly markets: MarketStore,
    private readonly openCharge: OpenCharge,
    private readonly noticeProof: NoticeProof,
    private readonly expectedPrice: ExpectedPrice,
  ) {}

  /** `change`: of a subscription whose last term has reached its end. */
  async conclude(change: Change): Promise<void> {
    const { subscription, lastTerm, now, tx } = change;
    if (lastTerm === null) return;
    const market = await this.markets.find(tx, subscription.country);
    const pack = await this.markets.rulePack(tx, subscription.country, lastTerm.rulePackVersion);
    const decision = decideTermEnd({
      now,
      term: lastTerm,
      autoRenewal: subscription.autoRenewal,
      consentRequired: pack.trialConversionConsent === 'explicit',
      consentedAt: subscription.conversionConsentAt,
      marketOpen: market?.status === 'open',
      marketEndsAt: market?.endsAt ?? null,
      suspended: subscription.suspendedAt !== null,
      noticeMissing: await this.noticeProof.isMissing(change, lastTerm, pack),
    });
    // An early renewal still waits for the member: it is withdrawn before anything else is charged.
    if (subscription.chargeProgress === 'waiting_for_member') {
      await this.openCharge.withdrawWaiting(change);
      if (decision.kind === 'charge') return;
    }
    if (decision.kind === 'expire') {
      change.end('expire', decision.reason);
      change.record('subscription.expired', decision.clause, `ended with its term: ${decision.reason}`);
      if (decision.reason === 'notice_missing') await this.noticeProof.openCase(change, lastTerm, pack);
    }
    if (decision.kind === 'charge') await this.charge(change, decision.purpose, lastTerm, pack);
  }

  /** The fee in force at the term's end, however late the worker comes (3.2.1, 3.3.1); a rise only if it was told. */
  private async charge(change: Change, purpose: 'conversion' | 'renewal', term: Term, pack: RulePack): Promise<void> {
    change.move('open_charge');
    await this.openCharge.open(change, purpose, await this.expectedPrice.charged(change, term, pack));
  }
}
