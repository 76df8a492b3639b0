/** Gathers what the law needs to say whether a member is entitled now and which benefits are on; changes nothing. */
import { Injectable } from '@nestjs/common';
import { Any } from 'typeorm';
import type { BenefitFacts } from '../domain/benefit.js';
import { currentTerm } from '../domain/due.js';
import { decideEntitlement } from '../domain/entitlement.js';
import type { Subscription, Term } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import type { Tx } from '../platform/database/tx.js';
import { BenefitFreezeEntity } from './benefit-freeze.entity.js';

@Injectable()
export class DeriveEntitlement {
  constructor(private readonly markets: MarketStore) {}

  /** The catalogue is the one in force: benefits may come and go (4.1, 4.3); grace is the running term's own. */
  async derive(
    tx: Tx,
    subscription: Subscription,
    terms: readonly Term[],
    at: Date,
  ): Promise<BenefitFacts & { term: Term | null }> {
    const { id: subscriptionId, country } = subscription;
    const term = currentTerm(terms, at) ?? terms.at(-1) ?? null;
    const pack =
      term === null
        ? await this.markets.rulePackAt(tx, country, at)
        : await this.markets.rulePack(tx, country, term.rulePackVersion);
    return {
      entitlement: decideEntitlement(subscription, term, pack, at),
      term,
      catalogue: await this.markets.benefitsAt(tx, country, at),
      frozen: await tx.together(frozenOfAll, subscriptionId),
      at,
    };
  }
}

async function frozenOfAll(tx: Tx, subscriptionIds: readonly string[]): Promise<Set<string>[]> {
  const where = { subscriptionId: Any(subscriptionIds), frozen: true };
  const freezes = await tx.find(BenefitFreezeEntity, where);
  return subscriptionIds.map(
    (id) => new Set(freezes.filter(({ subscriptionId }) => subscriptionId === id).map(({ benefit }) => benefit)),
  );
}
