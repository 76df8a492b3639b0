/**
 * What happens at a term's end, for trials and paid terms alike: the law says charge or expire, under the lock. The
 * flows decide when to come here.
 */
import { Injectable } from '@nestjs/common';
import { decideTermEnd } from '../domain/term-end.js';
import type { DueMove } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import type { Change } from '../subscriptions/change.js';
import { ChangeSubscription } from '../subscriptions/change-subscription.js';
import { OpenCharge } from './open-charge.js';

@Injectable()
export class ConcludeTerm {
  constructor(
    private readonly changeSubscription: ChangeSubscription,
    private readonly markets: MarketStore,
    private readonly openCharge: OpenCharge,
  ) {}

  /** Does nothing when the move is no longer due: somebody was here first, or the member has decided otherwise. */
  async run(id: string, move: DueMove): Promise<void> {
    await this.changeSubscription.run(id, 'scheduler', async (change) => {
      const { subscription, lastTerm, now, tx } = change;
      if (subscription.dueMove !== move || lastTerm === null) return;
      const market = await this.markets.find(tx, subscription.country);
      const pack = await this.markets.rulePack(tx, subscription.country, lastTerm.rulePackVersion);
      const decision = decideTermEnd({
        now,
        term: lastTerm,
        autoRenewal: subscription.autoRenewal,
        consentRequired: pack.trialConversionConsent === 'explicit',
        consentedAt: subscription.conversionConsentAt,
        marketOpen: market?.status === 'open',
      });
      if (decision.kind === 'expire') {
        change.end('expire', decision.reason);
        change.record('subscription.expired', decision.clause, `ended with its term: ${decision.reason}`);
      }
      if (decision.kind === 'charge') await this.charge(change, decision.purpose, lastTerm.endsAt);
    });
  }

  /** The fee in force at the term's end, however late the worker comes (3.2.1, 3.3.1). */
  private async charge(change: Change, purpose: 'conversion' | 'renewal', at: Date): Promise<void> {
    change.move('open_charge');
    await this.openCharge.run(change, purpose, await this.markets.priceAt(change.tx, change.subscription.country, at));
  }
}
