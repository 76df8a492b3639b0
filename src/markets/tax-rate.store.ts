/** Answers which tax rate a market's captures are split by at an instant, and publishes the next one. */
import { Injectable } from '@nestjs/common';
import { Any } from 'typeorm';
import { inForceAt } from '../domain/rule-pack.js';
import type { Tx } from '../platform/database/tx.js';
import { TaxRateEntity } from './tax-rate.entity.js';

@Injectable()
export class TaxRateStore {
  /** 0 where nothing is published. */
  async basisPointsAt(tx: Tx, country: string, at: Date): Promise<number> {
    return inForceAt(await this.published(tx, country), at)?.basisPoints ?? 0;
  }

  /** The latest to take effect first. */
  published(tx: Tx, country: string): Promise<TaxRateEntity[]> {
    return tx.together(publishedOf, country);
  }

  /** False when another rate takes effect at the same instant. */
  async publish(tx: Tx, rate: TaxRateEntity): Promise<boolean> {
    const { country, effectiveFrom } = rate;
    const stored = await tx.findOne(TaxRateEntity, { country, effectiveFrom });
    if (stored === null) await tx.insert(TaxRateEntity, rate);
    return stored === null || stored.basisPoints === rate.basisPoints;
  }
}

async function publishedOf(tx: Tx, countries: readonly string[]): Promise<TaxRateEntity[][]> {
  const where = { country: Any(countries) };
  const rates = await tx.find(TaxRateEntity, where, { order: { effectiveFrom: 'desc' } });
  return countries.map((country) => rates.filter((rate) => rate.country === country));
}
