/**
 * Lives of many members in six markets and four currencies, drawn from a printed seed: they join twice a month, use, cancel,
 * are revoked, charged back and compensated, and one market ends. It asserts only that nothing answers with a 5xx.
 */
import type { Answer, SubscriptionAnswer } from './api-client.js';
import type { Service } from './service.js';

const MARKETS = ['ES', 'FR', 'DE', 'GB', 'JP', 'KW'];
const ENDING = 'JP';
const RESIDENCES = ['ES', 'FR', 'DE', 'GB', 'JP', 'KW', 'KR', 'US', 'KZ'];
const DAYS = [5, 19];
const AT_ONCE = 8;
const MONTHS = 12;

interface Member {
  userId: string;
  subscriptionId: string;
  country: string;
}

interface Dispute {
  id: string;
  closing: 'won' | 'lost';
}

export class SimulatedYear {
  readonly members: Member[] = [];
  private readonly open: Dispute[] = [];
  private readonly disputed = new Set<string>();
  private state: number;

  constructor(
    private readonly service: Service,
    private readonly size: number,
    seed: number,
  ) {
    this.state = seed;
  }

  /** Month 0 is January 2026; ends at the first instant of the next. */
  async month(index: number): Promise<void> {
    if (index === 6) await this.announceTheEnd();
    const perDay = Math.ceil(this.size / MONTHS / DAYS.length);
    for (const day of DAYS) {
      const hour = this.below(24);
      await this.service.api.clockTo(new Date(Date.UTC(2026, index, day, hour)).toISOString());
      await this.each(Array.from({ length: perDay }), () => this.join());
      await this.live(perDay);
    }
    await this.service.api.clockTo(new Date(Date.UTC(2026, index + 1, 1)).toISOString());
  }

  private async join(): Promise<undefined> {
    const userId = `member-${this.members.length}-${this.below(1e6)}`;
    const country = this.pick(MARKETS);
    const startWith = this.below(10) < 3 ? 'trial' : 'paid';
    const bad = this.below(20) === 0 ? 'pm_card_chargeCustomerFail' : null;
    const order = {
      country,
      residenceCountry: this.pick(RESIDENCES),
      startWith,
      paymentMethod: bad ?? this.pick(['pm_card_visa', 'pm_card_mastercard']),
    };
    const member: Member = { userId, subscriptionId: '', country };
    this.members.push(member);
    const { status, body } = expectHandled(await this.service.api.subscribe(userId, order, { waitSeconds: 30 }));
    if (status === 201) member.subscriptionId = body.id;
  }

  /** What existing members, risk and operations do on such a day. */
  private async live(joined: number): Promise<void> {
    const { api } = this.service;
    const known = this.members.filter(({ subscriptionId }) => subscriptionId !== '');
    const some = (perMille: number): Member[] => {
      const count = Math.max(1, Math.round((known.length * perMille) / 1000));
      return Array.from({ length: count }, () => this.pick(known));
    };
    if (known.length < joined) return;
    await this.each(some(12), ({ subscriptionId }) => api.cancel(subscriptionId));
    await this.each(some(3), ({ subscriptionId }) => api.autoRenewal(subscriptionId, false));
    await this.each(some(3), ({ subscriptionId }) => this.post(subscriptionId, 'early-renewal', 'storefront'));
    await this.each(some(10), (member) => this.use(member));
    await this.each(some(4), ({ subscriptionId }) =>
      this.post(subscriptionId, 'compensations', 'operations', { amount: 1 + this.below(900), reason: 'an outage' }),
    );
    await this.each(some(2), ({ subscriptionId }) => this.revoke(subscriptionId));
    await this.each(some(2), ({ subscriptionId }) => this.suspendByMistake(subscriptionId));
    await this.each(some(2), (member) => this.dispute(member));
    await this.closeDisputes();
  }

  private async use({ subscriptionId, country }: Member): Promise<Answer<object>> {
    const { api } = this.service;
    const order = `order-${this.below(1e9)}`;
    if (country !== 'ES' || this.below(2) === 0) {
      const currency = { ES: 'EUR', FR: 'EUR', DE: 'EUR', GB: 'GBP', JP: 'JPY', KW: 'KWD' }[country] ?? 'EUR';
      return api.useBenefit(subscriptionId, ['coupon', order, this.below(1500)], { currency });
    }
    const path = `add-ons/gift_wrapping/acceptance`;
    const accepted = await this.post(subscriptionId, path, 'storefront', { price: { amount: 990, currency: 'EUR' } });
    if (this.below(2) === 0) return accepted;
    return api.useBenefit(subscriptionId, ['gift_wrapping', order, 0]);
  }

  private async revoke(subscriptionId: string): Promise<Answer<object>> {
    const { api } = this.service;
    const finding = { reason: 'benefit_sharing', evidence: 'orders to forty addresses' };
    const proposed = await this.post<{ id: string }>(subscriptionId, 'revocations', 'risk', finding);
    if (proposed.status !== 202) return proposed;
    const token = await api.token('risk', 'another');
    return api.call('POST', `/v1/revocations/${proposed.body.id}/approval`, {}, { token });
  }

  private async suspendByMistake(subscriptionId: string): Promise<Answer<object>> {
    const suspended = await this.post(subscriptionId, 'suspension', 'risk', { reason: 'looks odd' });
    if (suspended.status !== 200) return suspended;
    return this.post(subscriptionId, 'reinstatement', 'risk', { mistaken: true, reason: 'it was a family' });
  }

  private async dispute({ subscriptionId }: Member): Promise<Answer<object>> {
    const { api, database, sandbox } = this.service;
    const { rows } = await database.query<{ payment: string }>(
      `select c.gateway_payment_id as payment from charges c
       where c.subscription_id = $1 and c.status = 'succeeded' and c.purpose <> 'add_on'
         and not exists (select from refunds r where r.charge_id = c.id)`,
      [subscriptionId],
    );
    const payment = rows.map((row) => row.payment).find((one) => !this.disputed.has(one));
    const { body } = await api.call<SubscriptionAnswer>('GET', `/v1/subscriptions/${subscriptionId}`);
    if (payment === undefined || body.status !== 'active') return { status: 200, headers: new Headers(), body: {} };
    this.disputed.add(payment);
    const id = await sandbox.dispute(payment);
    this.open.push({ id, closing: this.below(2) === 0 ? 'won' : 'lost' });
    return { status: 200, headers: new Headers(), body: {} };
  }

  private async closeDisputes(): Promise<void> {
    for (const { id, closing } of this.open.splice(0, Math.floor(this.open.length / 2))) {
      await this.service.sandbox.closeDispute(id, closing);
    }
  }

  private async announceTheEnd(): Promise<void> {
    const { api } = this.service;
    const path = `/v1/markets/${ENDING}/discontinuation`;
    const call = async (route: string, subject: string, body: object): Promise<void> => {
      const answer = await api.call('POST', route, body, { token: await api.token('operations', subject) });
      if (answer.status !== 201 && answer.status !== 200) throw new Error(JSON.stringify(answer.body));
    };
    await call(path, 'olga', { reason: 'the service ends', effectiveAt: '2026-09-15T12:00:00.000Z' });
    for (const subject of ['olga', 'oscar']) await call(`${path}/approvals`, subject, {});
  }

  private post<T = object>(
    id: string,
    what: string,
    scope: 'storefront' | 'risk' | 'operations',
    body: object = {},
  ): Promise<Answer<T>> {
    return this.service.api.call<T>('POST', `/v1/subscriptions/${id}/${what}`, body, { scope });
  }

  private async each<T>(items: T[], act: (item: T) => Promise<Answer<object> | undefined>): Promise<void> {
    const left = items.entries();
    const work = async (): Promise<void> => {
      for (const [, item] of left) {
        const answer = await act(item);
        if (answer !== undefined) expectHandled(answer);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  }

  private pick<T>(from: readonly T[]): T {
    return from[this.below(from.length)] as T;
  }

  /** mulberry32 */
  private below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), 1 | this.state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  }
}

function expectHandled<T>(answer: Answer<T>): Answer<T> {
  if (answer.status >= 500) throw new Error(`${answer.status} ${JSON.stringify(answer.body)}`);
  return answer;
}
