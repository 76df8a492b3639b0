/** What finance reads: every figure of the reports against lives whose numbers are worked here by hand. */
import type { Answer, SubscriptionAnswer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const SINGAPORE = 'Alibaba.com Singapore E-Commerce Private Limited';
const FINANCE = { scope: 'finance' } as const;

interface DeferredRow {
  month: string;
  entity: string;
  currency: string;
  opening: number;
  added: number;
  recognised: number;
  refunded: number;
  forfeited: number;
  transferred: number;
  closing: number;
  chargedBack: number;
}

interface RevenueRow {
  month: string;
  country: string;
  currency: string;
  membership: number;
  addOns: number;
  deductionsKept: number;
  forfeited: number;
  reductions: number;
  net: number;
  tax: number;
}

let service: Service;
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  await service.stop();
});

const read = async <T>(path: string): Promise<T> => (await service.api.call<T>('GET', path, undefined, FINANCE)).body;
const deferred = async (query: string): Promise<DeferredRow[]> =>
  (await read<{ rows: DeferredRow[] }>(`/v1/reports/deferred-revenue?${query}`)).rows;
const revenue = async (query: string): Promise<RevenueRow[]> =>
  (await read<{ rows: RevenueRow[] }>(`/v1/reports/revenue?${query}`)).rows;

async function csv(path: string): Promise<{ headers: Headers; lines: string[] }> {
  const answer = await fetch(service.api.url + path, {
    headers: { authorization: `Bearer ${await service.api.token('finance')}` },
  });
  expect(answer.status).toBe(200);
  return { headers: answer.headers, lines: (await answer.text()).trimEnd().split('\n') };
}

async function closeMonth(month: string): Promise<void> {
  await service.api.call('POST', '/v1/ledger/month-closes', { month }, FINANCE);
  const status = async (): Promise<string> =>
    (await read<{ status: string }>(`/v1/ledger/month-closes/${month}`)).status;
  await until(`the close of ${month}`, async () => (await status()) === 'done');
}

async function risk(path: string, body: object, subject = 'rita'): Promise<Answer<SubscriptionAnswer>> {
  return service.api.call('POST', path, body, { token: await service.api.token('risk', subject) });
}

async function revoke(id: string): Promise<void> {
  const proposed = await risk(`/v1/subscriptions/${id}/revocations`, { reason: 'improper_use', evidence: 'case 17' });
  expect((await risk(`/v1/revocations/${proposed.body.id}/approval`, {}, 'rolf')).status).toBe(200);
}

describe('deferred revenue', () => {
  const nothing = { added: 0, recognised: 0, refunded: 0, forfeited: 0, transferred: 0, chargedBack: 0 };

  it('tells what of a cut fee was earned, kept and returned, and shows months without movement', async () => {
    service = await startService({ startAt: '2026-01-10T10:00:00.000Z' });
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.useBenefit(id, ['coupon', 'order-1', 500]);
    await api.clockTo('2026-01-20T10:00:00.000Z');
    await api.cancel(id);
    await api.clockTo('2026-03-15T10:00:00.000Z');
    const book = { entity: SINGAPORE, currency: 'EUR' };
    // 4131 net, 10 of 365 days: 113 earned, 4018 not; 4499 back with 781 tax = 3718 net, so 300 of the rest is kept
    expect(await deferred('from=2026-01&to=2026-12')).toEqual([
      { ...nothing, ...book, month: '2026-01', opening: 0, added: 4131, recognised: 413, refunded: 3718, closing: 0 },
      { ...nothing, ...book, month: '2026-02', opening: 0, closing: 0 },
      { ...nothing, ...book, month: '2026-03', opening: 0, closing: 0 },
    ]);
    expect(await revenue('from=2026-01&to=2026-01')).toEqual([
      {
        ...{ month: '2026-01', country: 'ES', currency: 'EUR', membership: 113, addOns: 0, deductionsKept: 300 },
        ...{ forfeited: 0, reductions: 0, net: 413, tax: 87 },
      },
    ]);
  });

  it('shows what goes back beyond the unearned rest as a reduction of revenue', async () => {
    service = await startService({ startAt: '2026-01-10T10:00:00.000Z' });
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.clockTo('2026-01-20T10:00:00.000Z');
    await api.cancel(id);
    // All 4999 back, 4131 net: 4018 were not earned, 113 were
    const row = { opening: 0, added: 4131, recognised: 113, refunded: 4018, forfeited: 0, closing: 0 };
    expect(await deferred('from=2026-01')).toMatchObject([row]);
    expect(await revenue('')).toMatchObject([{ membership: 113, reductions: 113, net: 0, tax: 0 }]);
  });

  it('rolls every kind of fact forward, month into month, and agrees with the trial balance', async () => {
    service = await startService({ startAt: '2026-01-10T10:00:00.000Z' });
    const { api } = service;
    const [canceled, revoked, corrected] = await Promise.all(
      ['m1', 'm2', 'm3'].map(async (userId) => (await api.subscribe(userId)).body.id),
    );
    await api.subscribe('m4', { country: 'JP', residenceCountry: 'JP' });
    await api.subscribe('m5', { startWith: 'trial' });
    await api.clockTo('2026-02-10T10:00:00.000Z');
    await revoke(revoked!);
    await revoke(corrected!);
    const transfer = { from: SINGAPORE, to: 'New Co.', country: 'ES', effectiveAt: '2026-02-20T00:00:00.000Z' };
    await api.call('POST', '/v1/entity-transfers', transfer, { scope: 'operations' });
    await api.clockTo('2026-03-05T10:00:00.000Z');
    await risk(`/v1/subscriptions/${corrected}/reinstatement`, { mistaken: true, reason: 'reviewed' });
    await api.cancel(canceled!);
    await api.clockTo('2026-05-01T00:00:00.000Z');
    await closeMonth('2026-04');

    const rows = await deferred('from=2026-01&to=2026-04');
    const last = new Map<string, number>();
    for (const row of rows) {
      const book = `${row.entity} ${row.currency}`;
      expect(row.opening).toBe(last.get(book) ?? 0);
      const change = row.added - row.recognised - row.refunded - row.forfeited + row.transferred;
      expect(row.opening + change).toBe(row.closing);
      last.set(book, row.closing);
      const asOf = new Date(new Date(`${row.month}-01`).setUTCMonth(Number(row.month.slice(5))) - 1).toISOString();
      const balance = await read<{ books: { accounts: { account: string; debit: number; credit: number }[] }[] }>(
        `/v1/ledger/trial-balance?asOf=${asOf}&currency=${row.currency}&entity=${encodeURIComponent(row.entity)}`,
      );
      const account = balance.books[0]?.accounts.find((one) => one.account === 'deferred_revenue');
      expect({ month: row.month, book, credit: (account?.credit ?? 0) - (account?.debit ?? 0) }).toEqual({
        month: row.month,
        book,
        credit: row.closing,
      });
    }
    const of = (month: string, entity: string, currency = 'EUR'): DeferredRow | undefined =>
      rows.find((row) => row.month === month && row.entity === entity && row.currency === currency);
    // 31 of 365 days of 4131 are earned by 10 February: 351 each, and 3780 forfeited twice.
    expect(of('2026-02', SINGAPORE)).toMatchObject({ forfeited: 2 * 3780 });
    const handedOver = -(of('2026-02', SINGAPORE)?.transferred ?? 0);
    expect(handedOver).toBeGreaterThan(0);
    expect(of('2026-02', 'New Co.')).toMatchObject({ opening: 0, transferred: handedOver });
    expect(of('2026-03', SINGAPORE)?.forfeited).toBe(-3780);
    expect(await deferred('from=2026-03&to=2026-03&currency=JPY')).toEqual([of('2026-03', SINGAPORE, 'JPY')]);

    const file = await csv('/v1/reports/deferred-revenue.csv?from=2026-01&to=2026-04');
    expect(file.lines[0]).toBe(
      'month,entity,currency,opening,added,recognised,refunded,forfeited,transferred,closing,chargedBack',
    );
    const { month, entity, currency, opening, added, recognised, refunded, forfeited, transferred, closing } = rows[0]!;
    expect(file.lines[1]).toBe(
      `${month},${entity},${currency},${opening},${added},${recognised},${refunded},${forfeited},${transferred},${closing},0`,
    );
    expect(file.lines).toHaveLength(rows.length + 1);
    await agreesWithIncome();
  });

  /** All that was ever earned and became payable, by the report and by the balance. */
  async function agreesWithIncome(): Promise<void> {
    const rows = await revenue('');
    const { rows: found } = await service.database.query<{ currency: string; net: string; tax: string | null }>(
      `select currency, -sum(amount_minor) filter (where account <> 'tax_payable')::bigint as net,
         -sum(amount_minor) filter (where account = 'tax_payable')::bigint as tax
       from ledger_entries where account in ('membership_revenue', 'add_on_revenue', 'benefit_deductions',
         'forfeited_fees', 'revenue_reductions', 'tax_payable') group by currency order by currency`,
    );
    const sum = (currency: string, figure: 'net' | 'tax'): number =>
      rows.filter((row) => row.currency === currency).reduce((total, row) => total + row[figure], 0);
    const told = found.map(({ currency }) => ({ currency, net: sum(currency, 'net'), tax: sum(currency, 'tax') }));
    expect(told).toEqual(found.map(({ currency, net, tax }) => ({ currency, net: Number(net), tax: Number(tax) })));
    for (const row of rows) {
      expect(row.membership + row.addOns + row.deductionsKept + row.forfeited - row.reductions).toBe(row.net);
    }
    const file = await csv('/v1/reports/revenue.csv');
    expect(file.lines).toHaveLength(rows.length + 1);
  }
});

describe('refunds', () => {
  it('are told with basis, clause and the inputs of the formula, and summed', async () => {
    service = await startService({ startAt: '2026-01-10T10:00:00.000Z' });
    const { api } = service;
    const ids = await Promise.all(['m1', 'm2', 'm3'].map(async (userId) => (await api.subscribe(userId)).body.id));
    const japanese = (await api.subscribe('m4', { country: 'JP', residenceCountry: 'JP' })).body;
    await api.cancel(ids[0]!);
    await api.clockTo('2026-02-10T10:00:00.000Z');
    for (const id of ids.slice(1)) await api.cancel(id);
    await api.clockTo('2026-03-01T00:00:00.000Z');
    await api.cancel(japanese.id);
    interface Told {
      totals: object[];
      data: { id: string; country: string; paid: number; amount: number; formula: string; calculation: object }[];
      nextCursor: string | null;
    }
    const all = await read<Told>('/v1/reports/refunds?from=2026-01&to=2026-03');
    expect(all.totals).toEqual([
      // 31 days used, 334 of 365 left: 4999 × 334 / 365 = 4574.4
      {
        country: 'ES',
        currency: 'EUR',
        basis: 'full_less_benefits',
        clause: '3.4.1',
        status: 'succeeded',
        refunds: 1,
        amount: 4999,
      },
      {
        country: 'ES',
        currency: 'EUR',
        basis: 'pro_rata',
        clause: '3.4.2',
        status: 'succeeded',
        refunds: 2,
        amount: 9148,
      },
      // 49 days and 14 hours used, 316 left: 4900 × 316 / 365 = 4242.2
      {
        country: 'JP',
        currency: 'JPY',
        basis: 'pro_rata',
        clause: '3.4.2',
        status: 'succeeded',
        refunds: 1,
        amount: 4242,
      },
    ]);
    expect(all.data.map(({ amount }) => amount)).toEqual([4242, 4574, 4574, 4999]);
    expect(all.data[0]).toMatchObject({
      ...{ country: 'JP', paid: 4900, subscriptionId: japanese.id },
      formula: '4900 paid × 316 days left / 365 days = 4242',
      calculation: { lines: [{ kind: 'paid' }, { kind: 'days_left', daysLeft: 316, termDays: 365 }] },
    });
    const february = await read<Told>('/v1/reports/refunds?from=2026-02-10&to=2026-02-10&country=ES&limit=1');
    expect(february).toMatchObject({ totals: [{ refunds: 2 }], data: [{ amount: 4574 }] });
    const second = await read<Told>(
      `/v1/reports/refunds?from=2026-02-10&to=2026-02-10&country=ES&cursor=${february.nextCursor}`,
    );
    expect([february.data[0]!.id, second.data[0]!.id]).toEqual(all.data.slice(1, 3).map(({ id }) => id));
    expect(second.nextCursor).toBeNull();
    const noon = await read<Told>('/v1/reports/refunds?from=2026-02-10T10:00:00.001Z&to=2026-02-28');
    expect(noon).toEqual({ totals: [], data: [], nextCursor: null });
    const file = await csv('/v1/reports/refunds.csv?from=2026-01&to=2026-03');
    expect(file.lines).toHaveLength(5);
    expect(file.lines[1]).toContain('4900 paid × 316 days left / 365 days = 4242');
  });
});

describe('membership', () => {
  it('counts members, trials, renewals, churn and recurring revenue as defined', async () => {
    service = await startService({ startAt: '2026-01-10T10:00:00.000Z' });
    const { api } = service;
    const [, off, failing, recovering, canceling, revoked] = await Promise.all(
      ['m1', 'm2', 'm3', 'm4', 'm5', 'm6'].map(async (userId) => (await api.subscribe(userId)).body.id),
    );
    await api.subscribe('t1', { startWith: 'trial' });
    const lost = (await api.subscribe('t2', { startWith: 'trial' })).body.id;
    await api.autoRenewal(lost, false);
    await api.autoRenewal(off!, false);
    await api.clockTo('2026-02-01T10:00:00.000Z');
    await api.cancel(canceling!);
    await revoke(revoked!);
    await api.clockTo('2027-01-01T00:00:00.000Z');
    await api.paymentMethod(failing!, 'pm_card_chargeCustomerFail');
    await api.paymentMethod(recovering!, 'pm_card_chargeCustomerFail');
    await api.clockTo('2027-01-12T10:00:00.000Z');
    await api.paymentMethod(recovering!, 'pm_card_visa');
    await api.clockTo('2027-02-01T00:00:00.000Z');

    const row = async (period: string): Promise<unknown> => {
      const { rows } = await read<{ rows: { country: string }[] }>(`/v1/reports/membership?${period}`);
      expect(rows.find(({ country }) => country === 'JP')).toMatchObject({ membersAtEnd: 0, churnRate: null });
      return rows.find(({ country }) => country === 'ES');
    };
    expect(await row('from=2026-01&to=2026-01')).toEqual({
      ...{ country: 'ES', membersAtStart: 0, newMembers: 6, churned: 0, membersAtEnd: 6 },
      ...{ trialsStarted: 2, trialsConverted: 0, trialsLost: 0, conversionRate: null },
      ...{ renewalsDue: 0, renewed: 0, renewalRate: null },
      ...{ churnedVoluntary: 0, churnedInvoluntary: 0, churnedByUs: 0, churnRate: null },
      ...{ recovered: 0, recoveryRate: null },
      // 6 × 4999 / 12 = 2499.5
      mrr: { amount: 2500, currency: 'EUR' },
    });
    expect(await row('from=2026-02-01&to=2026-02-28')).toMatchObject({
      ...{ membersAtStart: 6, newMembers: 1, churned: 2, membersAtEnd: 5 },
      ...{ trialsStarted: 0, trialsConverted: 1, trialsLost: 1, conversionRate: 0.5 },
      ...{ churnedVoluntary: 1, churnedInvoluntary: 0, churnedByUs: 1, churnRate: 0.3333 },
      // 5 × 4999 / 12 = 2082.9
      mrr: { amount: 2083 },
    });
    expect(await row('from=2027-01&to=2027-01')).toMatchObject({
      ...{ membersAtStart: 5, newMembers: 0, churned: 2, membersAtEnd: 3 },
      ...{ renewalsDue: 4, renewed: 2, renewalRate: 0.5 },
      ...{ churnedVoluntary: 1, churnedInvoluntary: 1, churnedByUs: 0, churnRate: 0.4 },
      ...{ recovered: 1, recoveryRate: 0.5, mrr: { amount: 1250 } },
    });
    const file = await csv('/v1/reports/membership.csv?from=2027-01&to=2027-01');
    expect(file.lines.find((line) => line.startsWith('ES,'))).toBe(
      'ES,5,0,2,3,0,0,0,,4,2,0.5,1,1,0,0.4,1,0.5,1250,EUR',
    );
  });
});

it('refuses periods that are none', async () => {
  service = await startService({ worker: false });
  for (const path of [
    'deferred-revenue?from=2026-13',
    'deferred-revenue?from=2026-01-01',
    'deferred-revenue?from=2026-03&to=2026-02',
    'deferred-revenue?currency=euro',
    'deferred-revenue?country=ES',
    'revenue?to=march',
    'revenue.csv?from=2026-03&to=2026-02',
    'refunds',
    'refunds?from=2026-01',
    'refunds?from=2026-02-30&to=2026-03',
    'refunds?from=2026-02-01T25:00:00.000Z&to=2026-03',
    'refunds?from=2026-02&to=2026-01',
    'refunds?from=2026-01&to=2026-02&country=es',
    'refunds.csv?from=2026-01&to=2026-02&limit=5',
    'membership?from=2026-02-02&to=2026-02-01',
    'membership?from=2026-02-01T00:00:00.000Z&to=2026-02-01T00:00:00.000Z',
  ]) {
    const { status, body } = await service.api.call('GET', `/v1/reports/${path}`, undefined, FINANCE);
    expect({ path, status, code: body.code }).toEqual({ path, status: 422, code: 'validation_failed' });
  }
});
