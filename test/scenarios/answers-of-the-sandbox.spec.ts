/**
 * The answers that the sandbox can give, over HTTP and through the adapter, to every call that is made for money: each is
 * settled once, by itself, and the books are right. `answers-of-a-gateway.spec.ts` has all of them on a scripted gateway.
 */
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';

const ROWS: Record<string, number>[] = [
  { captureThenTimeout: 1 },
  { timeoutBeforeCapture: 1 },
  { serverErrors: 1 },
  { storedErrors: 1 },
  { garbage: 1 },
  { wrongAmount: 1 },
  { rateLimit: 1 },
  { conflicts: 1 },
];
const DAY_MS = 86_400_000;
const START = Date.parse('2026-03-01T10:00:00.000Z');

let service: Service;
const iso = (day: number): string => new Date(START + day * DAY_MS).toISOString();

/** The next call that moves money is answered so; no notice tells what became of it. */
async function struckBy(row: Record<string, number>, act: () => Promise<unknown>): Promise<void> {
  await service.sandbox.faults({ ...row, dropWebhooks: true });
  await act();
  await service.sandbox.faults({ dropWebhooks: true });
  await service.api.clockBy('PT3H');
}

const post = (path: string, body: object = {}, scope: 'storefront' | 'operations' = 'storefront') =>
  service.api.call('POST', path, body, { scope, waitSeconds: 0 });

beforeAll(async () => {
  service = await startService({ startAt: iso(0), config: { LOG_LEVEL: 'silent', GATEWAY_TIMEOUT_MS: 1000 } });
});
afterAll(() => service.stop());
afterEach(async () => {
  await service.sandbox.faults({});
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});

const cases = ROWS.map((row, index) => [JSON.stringify(row), row, `m${index}`] as const);
const ids = new Map<string, string>();

it.each(cases)('%s, to a first payment', async (_, row, user) => {
  await struckBy(row, async () => ids.set(user, (await service.api.subscribe(user, {}, { waitSeconds: 0 })).body.id));
  expect(await service.api.subscription(ids.get(user)!)).toMatchObject({ status: 'active' });
});

it.each(cases)('%s, to an add-on: paid, or offered again and paid then', async (_, row, user) => {
  const path = `/v1/subscriptions/${ids.get(user)!}/add-ons`;
  const accept = () => post(`${path}/gift_wrapping/acceptance`, { price: { amount: 990, currency: 'EUR' } });
  const status = async () =>
    (await service.api.call<{ data: { code: string; status: string }[] }>('GET', path)).body.data.find(
      ({ code }) => code === 'gift_wrapping',
    )?.status;
  await struckBy(row, accept);
  if ((await status()) === 'offered') await struckBy({}, accept);
  expect(await status()).toBe('accepted');
});

it.each(cases)('%s, to an early renewal, and to its refund', async (_, row, user) => {
  const at = `/v1/subscriptions/${ids.get(user)!}/early-renewal`;
  await struckBy(row, () => post(at));
  expect((await service.api.subscription(ids.get(user)!)).nextTerm).toMatchObject({ kind: 'paid', status: 'waiting' });
  await struckBy(row, () => post(`${at}/cancellation`));
  expect(await service.api.refunds(ids.get(user)!)).toMatchObject([
    { basis: 'full', amount: 4999, status: 'succeeded' },
  ]);
});

it.each(cases)('%s, to a compensation, and to what a cancellation returns', async (_, row, user) => {
  const at = `/v1/subscriptions/${ids.get(user)!}`;
  await struckBy(row, () => post(`${at}/compensations`, { amount: 700, reason: 'an outage' }, 'operations'));
  await struckBy(row, () => post(`${at}/cancellation`));
  const refunds = await service.api.refunds(ids.get(user)!);
  expect(refunds.every(({ status }) => status === 'succeeded')).toBe(true);
  expect(refunds.map(({ basis }) => basis)).toEqual(expect.arrayContaining(['compensation', 'full_less_benefits']));
});

it('each, to a validation, a conversion and a renewal of its own day', async () => {
  const trials: string[] = [];
  for (const [index, row] of ROWS.entries()) {
    await service.api.clockTo(iso(20 + index));
    await struckBy(row, async () => {
      trials.push((await service.api.subscribe(`t${index}`, { startWith: 'trial' }, { waitSeconds: 0 })).body.id);
    });
  }
  const endOf = async (id: string): Promise<string> => (await service.api.subscription(id)).currentTerm!.endsAt;
  for (const number of [2, 3]) {
    for (const [index, row] of ROWS.entries()) {
      const id = trials[index]!;
      const endsAt = await endOf(id);
      await struckBy(row, () => service.api.clockTo(endsAt));
      const { status, currentTerm } = await service.api.subscription(id);
      expect({ row, status, number: currentTerm?.number }).toEqual({ row, status: 'active', number });
    }
  }
}, 120_000);
