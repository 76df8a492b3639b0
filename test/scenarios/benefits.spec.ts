/** Benefits over a membership's life: used, deducted, frozen, out of validity, and used while it is being canceled. */
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Answer, BenefitUseAnswer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { until } from '../support/until.js';
import { startService, type Service } from '../support/service.js';

const NOBODY = '01932a4e-1234-7abc-8123-123456789abc';
let service: Service;
let markets: string;
beforeAll(async () => {
  markets = await mkdtemp(path.join(tmpdir(), 'vip-markets-'));
  await cp('markets', markets, { recursive: true });
  const file = path.join(markets, 'ES.json');
  const spain = JSON.parse(await readFile(file, 'utf8')) as { rulePacks: { benefits: object[] }[] };
  const seasonal = { code: 'welcome_gift', kind: 'coupon', description: 'A gift in the first 90 days', validDays: 90 };
  spain.rulePacks[0]?.benefits.push(seasonal);
  await writeFile(file, JSON.stringify(spain));
  service = await startService({ config: { MARKETS_DIR: markets } });
});
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
afterAll(async () => {
  await service.stop();
  await rm(markets, { recursive: true, force: true });
});

async function uses(id: string): Promise<BenefitUseAnswer[]> {
  const { body } = await service.api.call<{ data: BenefitUseAnswer[] }>('GET', `/v1/subscriptions/${id}/benefit-uses`);
  return body.data;
}

function expectRefused(answer: Answer<{ code?: string; clause?: string }>, code: string, clause?: string): void {
  const { status, body } = answer;
  expect({ status, code: body.code, clause: body.clause }).toEqual({ status: 409, code, clause });
}

describe('a use', () => {
  it('is recorded once per order, whatever key it comes with', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('once')).body;
    const first = await api.useBenefit(id, ['coupon', 'order-1', 500], { key: 'use-1' });
    expect(first).toMatchObject({
      status: 201,
      body: { subscriptionId: id, termNumber: 1, benefit: 'coupon', orderId: 'order-1' },
    });
    expect(first.body.value).toEqual({ amount: 500, currency: 'EUR' });
    expect(first.body.usedAt).toBe((await api.subscription(id)).currentTerm?.startsAt);
    const replayed = await api.useBenefit(id, ['coupon', 'order-1', 500], { key: 'use-1' });
    expect(replayed.headers.get('idempotency-replayed')).toBe('true');
    expect(replayed.body).toEqual(first.body);
    expect(await api.useBenefit(id, ['coupon', 'order-1', 500])).toMatchObject({ status: 201, body: first.body });
    expectRefused(await api.useBenefit(id, ['coupon', 'order-1', 501]), 'benefit_use_differs', '4.1');
    expect(await api.useBenefit(id, ['cashback', 'order-1', 0])).toMatchObject({ status: 201 });
    expect(await api.useBenefit(id, ['coupon', 'order-2', 1])).toMatchObject({ status: 201 });
    expect((await uses(id)).map(({ benefit, orderId }) => `${benefit} ${orderId}`)).toEqual([
      'coupon order-2',
      'cashback order-1',
      'coupon order-1',
    ]);
    const events = await api.events(id);
    expect(events.filter((event) => event === 'benefit.used')).toHaveLength(3);

    await api.cancel(id);
    expect(await api.useBenefit(id, ['coupon', 'order-1', 500])).toMatchObject({ status: 201, body: first.body });
    expectRefused(await api.useBenefit(id, ['coupon', 'order-3', 500]), 'not_entitled', '5.1');
  });

  it('is one of fifty that come at once', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('at-once')).body;
    const answers = await Promise.all(Array.from({ length: 50 }, () => api.useBenefit(id, ['coupon', 'o', 500])));
    expect(answers.map(({ status }) => status)).toEqual(Array(50).fill(201));
    expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
    expect(await uses(id)).toHaveLength(1);
  });

  it('is refused outside entitlement, and counts in grace', async () => {
    const { api } = service;
    const { id, currentTerm } = (await api.subscribe('grace')).body;
    await api.paymentMethod(id, 'pm_card_chargeCustomerFail');
    await api.clockTo(currentTerm?.endsAt ?? '');
    expect((await api.entitlement('grace')).body).toMatchObject({ entitled: true, reason: 'grace' });
    expect(await api.useBenefit(id, ['coupon', 'in-grace', 100])).toMatchObject({
      status: 201,
      body: { termNumber: 1 },
    });
    await api.clockBy('P6DT23H');
    expect((await api.useBenefit(id, ['coupon', 'late', 100])).status).toBe(201);
    await api.clockBy('PT1H');
    expectRefused(await api.useBenefit(id, ['coupon', 'too-late', 100]), 'not_entitled', '5.1');
    expect(await uses(id)).toHaveLength(2);
    expect(await api.events(id)).toContain('refused');
  });

  it('is refused while the membership is suspended', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('suspended')).body;
    const suspend = await api.call('POST', `/v1/subscriptions/${id}/suspension`, { reason: 'look' }, { scope: 'risk' });
    expect(suspend.status).toBe(200);
    expect((await api.entitlement('suspended')).body).toMatchObject({ entitled: false, benefits: [] });
    expectRefused(await api.useBenefit(id, ['coupon', 'o', 100]), 'not_entitled', '5.2');
  });

  it('is refused of a benefit that is not granted, or no longer valid', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('validity')).body;
    expectRefused(await api.useBenefit(id, ['lounge', 'o', 100]), 'not_entitled', '4.1');
    await api.clockBy('P89DT23H');
    expect((await api.entitlement('validity')).body.benefits).toContain('welcome_gift');
    expect((await api.useBenefit(id, ['welcome_gift', 'o-1', 100])).status).toBe(201);
    await api.clockBy('PT1H');
    expect((await api.entitlement('validity')).body.benefits).toEqual(['cashback', 'coupon', 'customer_service']);
    expectRefused(await api.useBenefit(id, ['welcome_gift', 'o-2', 100]), 'not_entitled', '4.2');
  });

  it('with bad input changes nothing', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('bad-input')).body;
    const good = { benefit: 'coupon', orderId: 'o', value: { amount: 1, currency: 'EUR' } };
    const before = await api.events(id);
    for (const bad of [
      {},
      { ...good, benefit: '' },
      { ...good, benefit: 'a b' },
      { ...good, benefit: undefined },
      { ...good, orderId: '' },
      { ...good, orderId: 'a b' },
      { ...good, orderId: 'x'.repeat(129) },
      { ...good, orderId: 7 },
      { ...good, value: undefined },
      { ...good, value: 1 },
      { ...good, value: [good.value] },
      { ...good, value: {} },
      { ...good, value: { amount: -1, currency: 'EUR' } },
      { ...good, value: { amount: 0.5, currency: 'EUR' } },
      { ...good, value: { amount: '1', currency: 'EUR' } },
      { ...good, value: { amount: 1e13, currency: 'EUR' } },
      { ...good, value: { amount: 1, currency: 'eur' } },
      { ...good, value: { amount: 1, currency: 'USD' } },
      { ...good, value: { amount: 1, currency: 'EUR', more: 1 } },
      { ...good, usedAt: '2026-03-01T10:00:00.000Z' },
    ]) {
      const { status, body } = await api.call('POST', `/v1/subscriptions/${id}/benefit-uses`, bad);
      expect({ bad, status, code: body.code }).toEqual({ bad, status: 422, code: 'validation_failed' });
    }
    const keyless = { headers: { 'idempotency-key': '' } };
    expect((await api.call('POST', `/v1/subscriptions/${id}/benefit-uses`, good, keyless)).status).toBe(400);
    expect((await api.useBenefit(NOBODY, ['coupon', 'o', 1])).status).toBe(404);
    expect((await api.call('GET', `/v1/subscriptions/${NOBODY}/benefit-uses`)).status).toBe(404);
    expect((await api.call('POST', `/v1/subscriptions/${id}/benefit-uses`, good, { scope: 'risk' })).status).toBe(403);
    expect(await uses(id)).toEqual([]);
    expect(await api.events(id)).toEqual(before);
  });
});

describe('what was used is deducted', () => {
  it('up to what was paid, inside the cancellation period only', async () => {
    const { api } = service;
    const greedy = (await api.subscribe('greedy')).body.id;
    const late = (await api.subscribe('late')).body.id;
    await api.useBenefit(greedy, ['coupon', 'o-1', 3000]);
    await api.useBenefit(greedy, ['cashback', 'o-1', 3000]);
    await api.useBenefit(late, ['coupon', 'o-1', 3000]);
    expect((await api.quote(greedy)).body).toMatchObject({
      basis: 'full_less_benefits',
      refund: { amount: 0 },
      lines: [
        { kind: 'paid', amount: 4999 },
        { kind: 'benefit_deduction', amount: -4999 },
      ],
    });
    expect((await api.cancel(greedy)).body.refunds).toEqual([]);
    await api.clockBy('P100D');
    expect((await api.quote(late)).body).toMatchObject({
      basis: 'pro_rata',
      clause: '3.4.2',
      refund: { amount: 3629 },
    });
  });

  it('of the running term, not of one before', async () => {
    const { api } = service;
    const { id, currentTerm } = (await api.subscribe('trialist', { startWith: 'trial' })).body;
    expect((await api.useBenefit(id, ['coupon', 'in-trial', 700])).status).toBe(201);
    await api.clockTo(currentTerm?.endsAt ?? '');
    expect((await api.useBenefit(id, ['coupon', 'in-term', 300])).body.termNumber).toBe(2);
    const { body } = await api.cancel(id);
    expect(body.refunds).toMatchObject([{ basis: 'full_less_benefits', clause: '3.4.1', amount: 4699 }]);
  });

  it('and makes a quote from before stale', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('quoted')).body;
    const quote = (await api.quote(id)).body;
    await api.useBenefit(id, ['coupon', 'o-1', 0]);
    expectRefused(await api.cancel(id, { quoteId: quote.id }), 'quote_stale', '3.4');
    const fresh = (await api.quote(id)).body;
    await api.useBenefit(id, ['coupon', 'o-1', 0]);
    expect((await api.cancel(id, { quoteId: fresh.id })).body.refunds).toMatchObject([{ amount: 4999 }]);
  });

  it('or the use is refused, when it collides with the cancellation', async () => {
    const { api } = service;
    const members = await Promise.all(Array.from({ length: 20 }, (_, n) => api.subscribe(`collide-${n}`)));
    const outcomes = await Promise.all(
      members.map(async ({ body: { id } }, n) => {
        const quote = (await api.quote(id)).body;
        const use = (): Promise<Answer<BenefitUseAnswer>> => api.useBenefit(id, ['coupon', 'o', 500]);
        const [used, canceled] = await (n % 2 === 0
          ? Promise.all([use(), api.cancel(id, { quoteId: quote.id })])
          : Promise.all([api.cancel(id, { quoteId: quote.id }), use()]).then(([a, b]) => [b, a] as const));
        if (used.status === 201) {
          // Used first: the quote no longer holds, a new one deducts it.
          expectRefused(canceled, 'quote_stale', '3.4');
          expect((await api.cancel(id)).body.refunds).toMatchObject([{ amount: 4499 }]);
          await until('the refund', async () => (await api.refunds(id))[0]?.status === 'succeeded');
        } else {
          expectRefused(used, 'not_entitled', '5.1');
          expect(canceled.body.refunds).toMatchObject([{ amount: 4999 }]);
        }
        return used.status;
      }),
    );
    expect(outcomes.every((status) => [201, 409].includes(status))).toBe(true);
  });
});

describe('a frozen benefit', () => {
  it('is off by itself, and the membership goes on', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('frozen')).body;
    const before = await api.subscription(id);
    const { status, body } = await api.freeze(id, 'coupon');
    expect(status).toBe(200);
    expect(body).toEqual({ benefit: 'coupon', frozen: true, reason: 'shared with others', at: body.at });
    expect(await api.freeze(id, 'coupon')).toMatchObject({ status: 200, body });
    expect(await api.subscription(id)).toEqual(before);
    expect((await api.entitlement('frozen')).body).toMatchObject({
      entitled: true,
      benefits: ['cashback', 'customer_service', 'welcome_gift'],
    });
    expectRefused(await api.useBenefit(id, ['coupon', 'o', 1]), 'not_entitled', '4.5');
    expect((await api.useBenefit(id, ['cashback', 'o', 1])).status).toBe(201);

    expect((await api.freeze(id, 'coupon', false, 'cleared')).body).toMatchObject({ frozen: false, reason: 'cleared' });
    expect((await api.entitlement('frozen')).body.benefits).toContain('coupon');
    expect((await api.useBenefit(id, ['coupon', 'o', 1])).status).toBe(201);
    const events = (await api.events(id)).filter((event) => /^(benefit|refused)/.test(event));
    expect(events).toEqual(['benefit.frozen', 'refused', 'benefit.used', 'benefit.unfrozen', 'benefit.used']);
  });

  it('that does not exist is not found, and bad input changes nothing', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('unfrozen')).body;
    expect(await api.freeze(id, 'lounge')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    expect(await api.freeze(NOBODY, 'coupon')).toMatchObject({ status: 404, body: { code: 'not_found' } });
    const at = `/v1/subscriptions/${id}/benefits/coupon/freeze`;
    const good = { frozen: true, reason: 'shared' };
    for (const bad of [
      {},
      { ...good, frozen: 'true' },
      { ...good, reason: '' },
      { frozen: true },
      { ...good, by: 1 },
    ]) {
      expect((await api.call('PUT', at, bad, { scope: 'risk' })).status).toBe(422);
    }
    expect((await api.call('PUT', at, good)).status).toBe(403);
    expect((await api.entitlement('unfrozen')).body.benefits).toHaveLength(4);
    expect(await api.events(id)).not.toContain('benefit.frozen');
  });
});
