/** Answers which tax rate a market's captures are split by at an instant, and publishes the next one. */
import { Injectable } from '@nestjs/common';
import { Any, type EntityManager } from 'typeorm';
import { inForceAt } from '../domain/rule-pack.js';
import { together } from '../platform/together.js';
import { TaxRateEntity } from './tax-rate.entity.js';

@Injectable()
export class TaxRateStore {
  /** 0 where nothing is published. */
  async basisPointsAt(tx: EntityManager, country: string, at: Date): Promise<number> {
    return inForceAt(await this.published(tx, country), at)?.basisPoints ?? 0;
  }

  /** The latest to take effect first. */
  published(tx: EntityManager, country: string): Promise<TaxRateEntity[]> {
    return together(tx, publishedOf, country);
  }

  /** False when another rate takes effect at the same instant. */
  async publish(tx: EntityManager, rate: TaxRateEntity): Promise<boolean> {
    const { country, effectiveFrom } = rate;
    const stored = await tx.getRepository(TaxRateEntity).findOneBy({ country, effectiveFrom });
    if (stored === null) await tx.getRepository(TaxRateEntity).insert(rate);
    return stored === null || stored.basisPoints === rate.basisPoints;
  }
}

async function publishedOf(tx: EntityManager, countries: readonly string[]): Promise<TaxRateEntity[][]> {
  const where = { country: Any(countries) };
  const rates = await tx.getRepository(TaxRateEntity).find({ where, order: { effectiveFrom: 'desc' } });
  return countries.map((country) => rates.filter((rate) => rate.country === country));
}
