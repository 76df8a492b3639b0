/** The service as its callers see it: over HTTP with tokens. Says the common calls in one line each. */
import { randomUUID } from 'node:crypto';
import type { Scope } from '../../src/platform/http/access.js';

export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

export interface SubscriptionAnswer {
  id: string;
  code?: string;
  status: string;
  endReason: string | null;
  endedAt: string | null;
  autoRenewal: boolean;
  nextChargeAt: string | null;
  benefitsUntil: string | null;
  nextAction: { type: string; clientSecret: string } | null;
  paymentMethod: { token: string; brand?: string; last4?: string };
  contractingEntities: { name: string; rule: string }[];
  previousSubscriptionId: string | null;
  currentTerm: TermAnswer | null;
  nextTerm: TermAnswer | null;
}

export interface TermAnswer {
  number: number;
  kind: string;
  startsAt: string;
  endsAt: string;
  price: { amount: number; currency: string } | null;
  status: string;
  chargeId: string | null;
}

export interface RefundAnswer {
  id: string;
  amount: number;
  currency: string;
  basis: string;
  clause: string;
  status: string;
}

export interface ChargeAnswer {
  id: string;
  termNumber: number;
  amount: number;
  currency: string;
  status: string;
  reference: string;
  purpose: string;
  attempts: { number: number; status: string; code?: string }[];
}

export interface CancellationAnswer {
  subscription: SubscriptionAnswer;
  quoteId?: string;
  refunds: RefundAnswer[];
  code?: string;
}

export interface QuoteAnswer {
  id: string;
  basis: string;
  clause: string;
  refund: { amount: number; currency: string };
  lines: { kind: string; amount: number; daysLeft?: number }[];
  code?: string;
}

export interface BenefitUseAnswer {
  id: string;
  subscriptionId: string;
  termNumber: number;
  benefit: string;
  orderId: string;
  value: { amount: number; currency: string };
  usedAt: string;
  code?: string;
  clause?: string;
}

export interface CallOptions {
  scope?: Scope;
  token?: string | null;
  key?: string;
  waitSeconds?: number;
  headers?: Record<string, string>;
}

export class ApiClient {
  private readonly tokens = new Map<string, Promise<string>>();

  constructor(
    readonly url: string,
    private readonly sign: (scopes: string[], subject?: string) => Promise<string>,
  ) {}

  token(scope: Scope, subject?: string): Promise<string> {
    const name = `${scope} ${subject ?? ''}`;
    const known = this.tokens.get(name) ?? this.sign([scope], subject);
    this.tokens.set(name, known);
    return known;
  }

  async call<T = Record<string, unknown>>(
    method: string,
    path: string,
    body?: unknown,
    options: CallOptions = {},
  ): Promise<Answer<T>> {
    const token = options.token === undefined ? await this.token(options.scope ?? 'storefront') : options.token;
    const response = await fetch(this.url + path, {
      method,
      headers: {
        ...(token === null ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(method === 'POST' ? { 'idempotency-key': options.key ?? randomUUID() } : {}),
        ...(options.waitSeconds === undefined ? {} : { prefer: `wait=${options.waitSeconds}` }),
        ...options.headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    // A file is left as text.
    const json = response.headers.get('content-type')?.includes('json') === true;
    const read: unknown = json ? JSON.parse(text) : text === '' ? {} : text;
    return { status: response.status, headers: response.headers, body: read as T };
  }

  goodStanding(userId: string): Promise<Answer> {
    return this.call(
      'PUT',
      `/v1/users/${userId}/standing`,
      { standing: 'good', reason: 'good history' },
      { scope: 'risk' },
    );
  }

  /** Gives good standing and subscribes; `change` overrides any field. */
  async subscribe(
    userId: string,
    change: Record<string, unknown> = {},
    options: CallOptions = {},
  ): Promise<Answer<SubscriptionAnswer>> {
    await this.goodStanding(userId);
    return this.call('POST', '/v1/subscriptions', { ...subscribeBody(userId), ...change }, options);
  }

  async subscription(id: string): Promise<SubscriptionAnswer> {
    return (await this.call<SubscriptionAnswer>('GET', `/v1/subscriptions/${id}`)).body;
  }

  quote(id: string): Promise<Answer<QuoteAnswer>> {
    return this.call('POST', `/v1/subscriptions/${id}/cancellation-quotes`, {});
  }

  cancel(id: string, body: object = {}, options: CallOptions = {}): Promise<Answer<CancellationAnswer>> {
    return this.call('POST', `/v1/subscriptions/${id}/cancellation`, body, options);
  }

  autoRenewal(id: string, enabled: boolean): Promise<Answer<SubscriptionAnswer>> {
    return this.call('PUT', `/v1/subscriptions/${id}/auto-renewal`, { enabled });
  }

  paymentMethod(id: string, paymentMethod: string): Promise<Answer<SubscriptionAnswer>> {
    return this.call('PUT', `/v1/subscriptions/${id}/payment-method`, { paymentMethod, deductionAuthorized: true });
  }

  async charges(id: string): Promise<ChargeAnswer[]> {
    return (await this.call<{ data: ChargeAnswer[] }>('GET', `/v1/subscriptions/${id}/charges`)).body.data;
  }

  async refunds(id: string): Promise<RefundAnswer[]> {
    return (await this.call<{ data: RefundAnswer[] }>('GET', `/v1/subscriptions/${id}/refunds`)).body.data;
  }

  /** Event names of the timeline, oldest first. */
  async events(id: string): Promise<string[]> {
    const { body } = await this.call<{ data: { event: string }[] }>(
      'GET',
      `/v1/subscriptions/${id}/timeline?limit=100`,
    );
    return body.data.map((line) => line.event).reverse();
  }

  useBenefit(
    id: string,
    [benefit, orderId, amount]: [benefit: string, orderId: string, amount: number],
    options: CallOptions & { currency?: string } = {},
  ): Promise<Answer<BenefitUseAnswer>> {
    const value = { amount, currency: options.currency ?? 'EUR' };
    return this.call('POST', `/v1/subscriptions/${id}/benefit-uses`, { benefit, orderId, value }, options);
  }

  freeze(id: string, benefit: string, frozen = true, reason = 'shared with others'): Promise<Answer> {
    const path = `/v1/subscriptions/${id}/benefits/${benefit}/freeze`;
    return this.call('PUT', path, { frozen, reason }, { scope: 'risk' });
  }

  entitlement(
    userId: string,
    shipTo = 'ES',
  ): Promise<Answer<{ entitled: boolean; reason: string; until?: string; benefits: string[] }>> {
    return this.call('GET', `/v1/entitlements?userId=${userId}&shipTo=${shipTo}`);
  }

  async clockTo(to: string): Promise<Record<string, number>> {
    return this.moveClock({ to });
  }

  async clockBy(advance: string): Promise<Record<string, number>> {
    return this.moveClock({ advance });
  }

  private async moveClock(body: object): Promise<Record<string, number>> {
    const moved = await this.call<{ ran: Record<string, number>; detail?: string }>('POST', '/test/clock', body);
    if (moved.status !== 200) throw new Error(`the clock did not move: ${moved.body.detail}`);
    return moved.body.ran;
  }
}

export function subscribeBody(userId: string): Record<string, unknown> {
  return {
    userId,
    country: 'ES',
    residenceCountry: 'ES',
    startWith: 'paid',
    paymentMethod: 'pm_card_visa',
    deductionAuthorized: true,
    agreementVersion: '2023-11-01',
  };
}
