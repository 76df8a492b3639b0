/**
 * Finds the members to whom a newly published price is news: those who were told another amount for the renewal it
 * reaches. Each is decided again under the lock; a crash in the middle starts over and finds the rest.
 */
import { Injectable } from '@nestjs/common';
import pMap from 'p-map';
import { Database } from '../platform/database.js';
import { CLAIM_SECONDS } from '../platform/duty.js';

const AT_ONCE = 10;
const PAGE = 500;
const FIRST = '00000000-0000-0000-0000-000000000000';

@Injectable()
export class PriceAnnouncements {
  constructor(private readonly database: Database) {}

  /** Prices that follow another and whose news was not carried round yet. */
  async claimDue(max: number): Promise<string[]> {
    const rows = await this.database.reader.query<{ id: string }[]>(
      `insert into price_announcements (price_id, claimed_until)
       select p.id, clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS}) from prices p
       left join price_announcements a on a.price_id = p.id
       where a.done is not true and coalesce(a.claimed_until < clock_timestamp(), true)
         and exists (select 1 from prices q where q.country = p.country and q.effective_from < p.effective_from)
       limit $1
       on conflict (price_id) do update set claimed_until = excluded.claimed_until where not price_announcements.done
       returning price_id as id`,
      [max],
    );
    return rows.map((row) => row.id);
  }

  async run(priceId: string, announce: (subscriptionId: string) => Promise<void>): Promise<void> {
    for (let after: string | undefined = FIRST; after !== undefined;) {
      const ids = await this.told(priceId, after);
      await pMap(ids, announce, { concurrency: AT_ONCE });
      after = ids.length < PAGE ? undefined : ids.at(-1);
      await this.keep(priceId, after === undefined);
    }
  }

  /** Keeps other sweeps away while it goes on. */
  private async keep(priceId: string, done: boolean): Promise<void> {
    await this.database.reader.query(
      `update price_announcements set done = $2,
         claimed_until = case when not $2 then clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS}) end
       where price_id = $1`,
      [priceId, done],
    );
  }

  private async told(priceId: string, after: string): Promise<string[]> {
    const rows = await this.database.reader.query<{ id: string }[]>(
      `select distinct s.id from prices p
       join markets m on m.country = p.country and m.status = 'open'
       join subscriptions s on s.country = p.country and s.status in ('trialing', 'active') and s.auto_renewal
       join notices n on n.subscription_id = s.id and n.status = 'due' and n.term_ends_at >= p.effective_from
         and n.kind in ('trial_ending', 'renewal_upcoming', 'price_change')
       where p.id = $1 and s.id > $2 and (n.content->'amount'->>'amount')::int8 <> p.amount_minor
       order by s.id limit ${PAGE}`,
      [priceId, after],
    );
    return rows.map(({ id }) => id);
  }
}
