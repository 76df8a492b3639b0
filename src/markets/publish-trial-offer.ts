/** Publishes a trial of another length for some users or for everybody (8.2); it counts for sign-ups in its window. */
import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import { Database } from '../platform/database/database.js';
import type { Tx } from '../platform/database/tx.js';
import { afterCursor, limitOf, pageOf, type Page } from '../platform/http/page.js';
import { validationFailed } from '../platform/http/problem.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { TrialOfferEntity, TrialOfferUserEntity } from './market.entity.js';
import { MarketStore, notOpen } from './market.store.js';
import type { TrialOfferBody, TrialOffersQuery } from './publishing.dto.js';
import { viewTrialOffer, type PublishedTrialOfferView } from './publishing.view.js';

@Injectable()
export class PublishTrialOffer {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly markets: MarketStore,
  ) {}

  /** Refuses 422: `market_not_open` where there is no market, a window that begins in the past or ends before it begins. */
  async publish(body: TrialOfferBody, publishedBy: string): Promise<PublishedTrialOfferView> {
    const { country, days } = body;
    const userIds = body.userIds ?? [];
    const [startsAt, endsAt] = [new Date(body.from), new Date(body.until)];
    return this.database.transaction(async (tx) => {
      const now = await this.clock.now(tx);
      if ((await this.markets.find(tx, country)) === null) throw notOpen(country, 'there is no such market');
      requireWindow(startsAt, endsAt, now);
      // A list that is sent names somebody.
      const forEverybody = userIds.length === 0;
      const offer = { id: newId(), country, days, startsAt, endsAt, forEverybody, publishedAt: now, publishedBy };
      await tx.insert(TrialOfferEntity, offer);
      const named = userIds.map((userId) => ({ offerId: offer.id, userId }));
      if (named.length > 0) await tx.insert(TrialOfferUserEntity, named);
      return viewTrialOffer(offer, userIds);
    });
  }

  /** Newest first. */
  async list(query: TrialOffersQuery): Promise<Page<PublishedTrialOfferView>> {
    const tx = this.database.reader;
    const { country } = query;
    const rows = await tx.find(
      TrialOfferEntity,
      { ...(country === undefined ? {} : { country }), ...afterCursor(query) },
      { order: { id: 'desc' }, take: limitOf(query) + 1 },
    );
    const users = await usersOf(tx, rows);
    return pageOf(rows, query, (offer) => viewTrialOffer(offer, users.get(offer.id) ?? []));
  }
}

function requireWindow(startsAt: Date, endsAt: Date, now: Date): void {
  if (startsAt < now) throw validationFailed([{ path: 'from', message: `is past; it is ${now.toISOString()}` }]);
  if (endsAt <= startsAt) throw validationFailed([{ path: 'until', message: 'must be after from' }]);
}

async function usersOf(tx: Tx, offers: TrialOfferEntity[]): Promise<Map<string, string[]>> {
  const offerId = In(offers.map(({ id }) => id));
  const rows = await tx.find(TrialOfferUserEntity, { offerId }, { order: { userId: 'asc' } });
  const users = new Map<string, string[]>();
  for (const row of rows) users.set(row.offerId, [...(users.get(row.offerId) ?? []), row.userId]);
  return users;
}
