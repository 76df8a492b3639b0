/** Reads one subscription as the storefront sees it now; changes nothing. */
import { Injectable } from '@nestjs/common';
import type { Subscription } from '../domain/subscription.js';
import { Database } from '../platform/database/database.js';
import { pageOf, type Page, type PageQuery } from '../platform/http/page.js';
import { Clock } from '../platform/time/clock.js';
import { MandateStore } from './mandate.store.js';
import { SubscriptionStore } from './subscription.store.js';
import { viewSubscription, viewTerm, type SubscriptionView, type TermView } from './subscription.view.js';

@Injectable()
export class ShowSubscription {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly subscriptions: SubscriptionStore,
    private readonly mandates: MandateStore,
  ) {}

  /** Refuses `not_found`. */
  async show(id: string): Promise<SubscriptionView> {
    return this.view(await this.subscriptions.get(id));
  }

  async view(subscription: Subscription): Promise<SubscriptionView> {
    const tx = this.database.reader;
    const terms = await this.subscriptions.terms(tx, subscription.id);
    const mandate = await this.mandates.latest(tx, subscription.id);
    return viewSubscription(subscription, terms, mandate, await this.clock.now());
  }

  /** Newest first; refuses `not_found`. */
  async terms(id: string, page: PageQuery): Promise<Page<TermView>> {
    const subscription = await this.subscriptions.get(id);
    const now = await this.clock.now();
    const rows = await this.subscriptions.termsPage(id, page);
    return pageOf(rows, page, (term) => viewTerm(term, subscription, now));
  }
}
