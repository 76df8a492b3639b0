/**
 * What a renewal costs (3.1.3, rules 5): the standard in force at the term's end, but a rise reaches only a member who
 * was told of it early enough; others pay as before for one more term.
 */
import type { Money } from './money.js';

/** An amount the member was told for this renewal, and when. */
export interface ToldAmount {
  at: Date;
  amountMinor: number;
  currency: string;
}

export interface RenewalPriceFacts {
  /** In force at the term's end. */
  published: Money;
  /** What the term that ends has cost; null after a trial. */
  standing: Money | null;
  told: readonly ToldAmount[];
  /** The last instant at which a rise could be told, inclusive. */
  tellBy: Date;
}

/**
 * Told 5999 in time, published 5999 → 5999. Told 4999 only → 4999. Published 4499, whatever was told → 4499.
 * Told 5999 in time, then 6499 too late → 5999.
 */
export function renewalPrice({ published, standing, told, tellBy }: RenewalPriceFacts): Money {
  const { currency } = published;
  if (standing === null || standing.currency !== currency) return published;
  const inTime = told.filter((one) => one.currency === currency && one.at <= tellBy).map((one) => one.amountMinor);
  const most = Math.max(standing.amountMinor, ...inTime);
  return { amountMinor: Math.min(published.amountMinor, most), currency };
}
