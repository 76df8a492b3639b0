/**
 * Finds the members to whom a newly published price is news: those who were told another amount for the renewal it
 * reaches. Each is decided again under the lock; a crash in the middle starts over and finds the rest.
 */
import { Injectable } from '@nestjs/common';
import pMap from 'p-map';
import { PRICE_NOTICES } from '../domain/notice.js';
import { Database } from '../platform/database/database.js';
import { CLAIM_SECONDS } from '../platform/jobs/job.js';
import { Clock } from '../platform/time/clock.js';

const AT_ONCE = 10;
const PAGE = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';

@Injectable()
export class PriceAnnouncements {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
  ) {}

  async announce(priceId: string, announce: (subscriptionId: string) => Promise<void>): Promise<void> {
    for (let after: string | undefined = FIRST; after !== undefined;) {
      const ids = await this.told(priceId, after);
      await pMap(ids, announce, { concurrency: AT_ONCE });
      after = ids.length < PAGE ? undefined : ids.at(-1);
      await this.keep(priceId, after === undefined);
    }
  }

  /** Keeps other polls away while it goes on. */
  private async keep(priceId: string, done: boolean): Promise<void> {
    await this.database.reader.execute(
      `update prices set announced_at = $2, claimed_until = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS})
       where id = $1`,
      [priceId, done ? await this.clock.now() : null],
    );
  }

  private async told(priceId: string, after: string): Promise<string[]> {
    const rows = await this.database.reader.query<{ id: string }>(
      `select distinct s.id from prices p
       join markets m on m.country = p.country and m.status = 'open'
       join subscriptions s on s.country = p.country and s.status in ('trialing', 'active') and s.auto_renewal
       join notices n on n.subscription_id = s.id and n.status = 'due' and n.term_ends_at >= p.effective_from
         and n.kind = any($3)
       where p.id = $1 and s.id > $2 and (n.content->'amount'->>'amount')::int8 <> p.amount_minor
       order by s.id limit ${PAGE}`,
      [priceId, after, PRICE_NOTICES],
    );
    return rows.map(({ id }) => id);
  }
}
