/**
 * Tells every member of a market that it ends (5.4), a batch at a time in one short transaction each, and stops what was
 * planned to be told of charges that will not come. Stopped anywhere, it goes on where it stood; nobody is told twice.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { CompanyStore } from '../companies/company.store.js';
import { composeNotice } from '../domain/notice.js';
import type { Subscription } from '../domain/subscription.js';
import { MarketStore } from '../markets/market.store.js';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { CLAIM_SECONDS } from '../platform/jobs/job.js';
import { Clock } from '../platform/time/clock.js';
import { TellMany } from '../subscriptions/tell-many.js';
import { DiscontinuationEntity } from './discontinuation.entity.js';

// A batch takes about a tenth of a second; another change of these memberships waits no longer than that.
const BATCH = 500;
const KIND = 'market_ending';

type Member = Pick<Subscription, 'id' | 'userId' | 'country' | 'status' | 'contractingEntities'>;

const LIVE = `
  select id, user_id as "userId", country, status, contracting_entities as "contractingEntities" from subscriptions s
  where country = $1 and ended_at is null`;
const NEXT = `${LIVE} and ($2::uuid is null or id > $2) order by id limit ${BATCH} for update`;
const UNTOLD = `${LIVE} and not exists (select 1 from notices n where n.subscription_id = s.id and n.kind = '${KIND}')
  order by id limit ${BATCH} for update`;

@Injectable()
export class TellMembers implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly markets: MarketStore,
    private readonly companies: CompanyStore,
    private readonly tellMany: TellMany,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'tell_members',
      table: 'discontinuations',
      where: 'told_at is null',
      perform: (id) => this.tellAll(id),
    });
  }

  private async tellAll(id: string): Promise<void> {
    while (await this.database.transaction((tx) => this.batch(tx, id)));
  }

  /** False when all have been told. */
  private async batch(tx: Tx, id: string): Promise<boolean> {
    const plan = await tx.require(DiscontinuationEntity, { id }, { lock: 'wait' });
    if (plan.toldAt !== null) return false;
    const { country, toldThroughTo } = plan;
    const next = await tx.query<Member>(NEXT, [country, toldThroughTo]);
    const members = next.length > 0 ? next : await this.late(tx, country);
    if (members.length === 0) {
      await tx.query('update discontinuations set told_at = $2, claimed_until = null where id = $1', [
        id,
        await this.clock.now(tx),
      ]);
      return false;
    }
    await this.tell(tx, plan, members);
    await tx.query(
      `update discontinuations set told_through_to = $2,
         claimed_until = clock_timestamp() + make_interval(secs => ${CLAIM_SECONDS}) where id = $1`,
      [id, next.at(-1)?.id ?? toldThroughTo],
    );
    return true;
  }

  /** Those whose sign-up was under way when the market closed, and committed behind the batches. */
  private async late(tx: Tx, country: string): Promise<Member[]> {
    await this.companies.waitForSignUps(tx);
    return tx.query<Member>(UNTOLD, [country]);
  }

  private async tell(tx: Tx, plan: DiscontinuationEntity, members: Member[]): Promise<void> {
    const now = await this.clock.now(tx);
    const { country, effectiveAt: date } = plan;
    const { timeZone } = await this.markets.rulePackAt(tx, country, now);
    const facts = { kind: KIND, country, timeZone, money: null, date } as const;
    const told = members.map((subscription) => {
      const companies = subscription.contractingEntities.map(({ name }) => name);
      return { subscription, content: composeNotice({ ...facts, companies }) };
    });
    await this.tellMany.instead(tx, told, { kind: KIND, actor: 'scheduler', now });
  }
}
