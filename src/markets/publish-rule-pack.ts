/**
 * Publishes the next version of a market's rules (rules 1). It counts for terms that start when it is in force; terms
 * that run keep the version they began under.
 */
import { Injectable } from '@nestjs/common';
import { contradictionsOf, parseRulePack } from '../domain/rule-pack.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { validationFailed } from '../platform/http/problem.js';
import { Clock } from '../platform/time/clock.js';
import { RulePackEntity } from './market.entity.js';
import { lockMarket, requirePublishable } from './published.js';
import type { RulePackBody } from './publishing.dto.js';

@Injectable()
export class PublishRulePack {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  /** Refuses `not_found`; 422 for a wrong version, an instant that is past or taken, a benefit named twice. */
  async publish(country: string, body: RulePackBody, publishedBy: string): Promise<RulePackEntity> {
    return this.database.transaction(async (tx) => {
      await lockMarket(tx, country);
      return this.within(tx, country, body, publishedBy);
    });
  }

  /** The same in a transaction that holds the market. */
  async within(tx: Tx, country: string, body: RulePackBody, publishedBy: string): Promise<RulePackEntity> {
    const now = await this.clock.now(tx);
    const stored = await tx.find(RulePackEntity, { country });
    const version = Math.max(0, ...stored.map((pack) => pack.version)) + 1;
    if ((body.version ?? version) !== version) {
      throw validationFailed([{ path: 'version', message: `must be ${version}, the next one` }]);
    }
    const effectiveFrom = new Date(body.effectiveFrom);
    requirePublishable({ now, effectiveFrom, taken: stored.map((pack) => pack.effectiveFrom), noticeUntil: null });
    const { numbers, benefits } = JSON.parse(JSON.stringify(body)) as Pick<RulePackEntity, 'numbers' | 'benefits'>;
    if (new Set(benefits.map(({ code }) => code)).size < benefits.length) {
      throw validationFailed([{ path: 'benefits', message: 'two of them have the same code' }]);
    }
    const pack = { country, version, effectiveFrom, numbers, benefits, publishedAt: now, publishedBy };
    const contradictions = contradictionsOf(parseRulePack(pack));
    if (contradictions.length > 0) throw validationFailed(contradictions);
    await tx.insert(RulePackEntity, pack);
    return pack;
  }
}
