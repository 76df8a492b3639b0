/** The demo's storefront: calls the service over HTTP with tokens, as any caller would. */
import { v7 } from 'uuid';
import type { Running } from '../embedded/everything.js';
import type { Config } from '../platform/config.js';
import { signToken } from '../platform/http/signing-keys.js';

const AGREEMENT = '2023-11-01';

/** What a user signs up for. */
export interface SignUp {
  user: string;
  country: string;
  startWith: 'trial' | 'paid';
  paymentMethod: string;
}

export interface Line {
  at: string;
  event: string;
  clause?: string;
  explanation: string;
  data: { reference?: string; refundId?: string };
}

export interface Amount {
  type: 'capture' | 'refund';
  amount: number;
  currency: string;
}

export interface Movement extends Amount {
  reference: string;
}

interface Listed {
  amount: number;
  currency: string;
  status: string;
}

export class Storefront {
  private constructor(
    private readonly apiUrl: string,
    private readonly token: string,
  ) {}

  static async open({ apiUrl }: Running, { DATA_DIR, AUTH_ISSUER, AUTH_AUDIENCE }: Config): Promise<Storefront> {
    const scopes = ['storefront', 'risk'];
    const subject = 'demo';
    return new Storefront(
      apiUrl,
      await signToken(DATA_DIR, { scopes, subject, issuer: AUTH_ISSUER, audience: AUTH_AUDIENCE }),
    );
  }

  async subscribe({ user: userId, country, startWith, paymentMethod }: SignUp): Promise<string> {
    await this.call('PUT', `/v1/users/${userId}/standing`, { standing: 'good', reason: 'good history' });
    const { id } = await this.call<{ id: string }>('POST', '/v1/subscriptions', {
      userId,
      country,
      residenceCountry: country,
      startWith,
      paymentMethod,
      deductionAuthorized: true,
      agreementVersion: AGREEMENT,
    });
    return id;
  }

  cancel(id: string): Promise<unknown> {
    return this.call('POST', `/v1/subscriptions/${id}/cancellation`, {});
  }

  replaceMethod(id: string, paymentMethod: string): Promise<unknown> {
    return this.call('PUT', `/v1/subscriptions/${id}/payment-method`, { paymentMethod, deductionAuthorized: true });
  }

  buyNextTerm(id: string): Promise<unknown> {
    return this.call('POST', `/v1/subscriptions/${id}/early-renewal`, {});
  }

  useBenefit(id: string, benefit: string, amount: number, currency: string): Promise<unknown> {
    const use = { benefit, orderId: `order-${v7()}`, value: { amount, currency } };
    return this.call('POST', `/v1/subscriptions/${id}/benefit-uses`, use);
  }

  suspend(id: string): Promise<unknown> {
    return this.call('POST', `/v1/subscriptions/${id}/suspension`, { reason: 'looks like several accounts' });
  }

  reinstate(id: string): Promise<unknown> {
    return this.call('POST', `/v1/subscriptions/${id}/reinstatement`, { mistaken: true, reason: 'it was a family' });
  }

  autoRenewal(id: string, enabled: boolean): Promise<unknown> {
    return this.call('PUT', `/v1/subscriptions/${id}/auto-renewal`, { enabled });
  }

  clockTo(to: string): Promise<unknown> {
    return this.call('POST', '/test/clock', { to });
  }

  /** Oldest first. */
  async timeline(id: string): Promise<Line[]> {
    const { data } = await this.call<{ data: Line[] }>('GET', `/v1/subscriptions/${id}/timeline?limit=100`);
    return data.reverse();
  }

  /** What the service says it captured and returned. */
  async books(ids: string[]): Promise<Amount[]> {
    const amounts: Amount[] = [];
    for (const id of ids) {
      for (const [list, type] of [
        ['charges', 'capture'],
        ['refunds', 'refund'],
      ] as const) {
        const { data } = await this.call<{ data: Listed[] }>('GET', `/v1/subscriptions/${id}/${list}`);
        const done = data.filter((one) => one.status === 'succeeded');
        amounts.push(...done.map(({ amount, currency }) => ({ type, amount, currency })));
      }
    }
    return amounts;
  }

  /** What the gateway says it captured and returned. */
  async movements({ sandboxUrl }: Running): Promise<Movement[]> {
    const response = await fetch(`${sandboxUrl ?? ''}/sandbox/movements`);
    return ((await response.json()) as { data: Movement[] }).data;
  }

  private async call<T>(method: string, path: string, body?: object): Promise<T> {
    const response = await fetch(this.apiUrl + path, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        'content-type': 'application/json',
        ...(method === 'POST' ? { 'idempotency-key': v7() } : {}),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as T & { detail?: string };
    if (!response.ok) throw new Error(`${method} ${path}: ${answer.detail ?? response.statusText}`);
    return answer;
  }
}
