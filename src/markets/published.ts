/** What publishing refuses, said once for everything a market publishes, and the lock that puts publishers in a line. */
import { judgePublishing, type PublishingFacts } from '../domain/publishing.js';
import { Refusal } from '../domain/refusal.js';
import type { Tx } from '../platform/database/tx.js';
import { validationFailed } from '../platform/http/problem.js';
import { MarketEntity } from './market.entity.js';

/** Two publishers of one market come one after the other. Refuses `not_found`. */
export async function lockMarket(tx: Tx, country: string): Promise<MarketEntity> {
  // Sign-ups hold a key lock on the row through their foreign key; they do not wait.
  const market = await tx.findOne(MarketEntity, { country }, { lock: 'beside_keys' });
  if (market === null) throw new Refusal('not_found', `There is no market ${country}.`);
  return market;
}

/** Refuses 422: `validation_failed` in the past or at a taken instant, `notice_too_short` before the notice is over. */
export function requirePublishable(facts: PublishingFacts): void {
  const { now, effectiveFrom, noticeUntil } = facts;
  switch (judgePublishing(facts)) {
    case 'in_the_past':
      throw validationFailed([
        { path: 'effectiveFrom', message: `${effectiveFrom.toISOString()} is past; it is ${now.toISOString()}` },
      ]);
    case 'instant_taken':
      throw validationFailed([{ path: 'effectiveFrom', message: 'another one takes effect at this very instant' }]);
    case 'notice_too_short':
      throw new Refusal(
        'notice_too_short',
        `A new price needs notice: it can take effect from ${noticeUntil?.toISOString()} on.`,
        '3.1.3',
      );
    case null:
  }
}
