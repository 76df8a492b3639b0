/**
 * A year in which every fifth answer of the gateway is odd: none, late, busy, another amount, a no for good or for now. In the end
 * the books are clean, the gateway's record is equal, and nothing is left that nobody can take on. `ODD_SEED` for other lives.
 */
import { audit } from '../support/auditor.js';
import { ScriptedGateway } from '../support/scripted-gateway.js';
import { startService, type Service } from '../support/service.js';

const SEED = Number(process.env.ODD_SEED ?? 2026);
const PER_HUNDRED = 20;
const MONTHS = 13;
/** Who joins at one instant is charged at one instant. */
const JOINING = new Map([
  [0, 24],
  [5, 12],
]);

let state = SEED;
/** mulberry32 */
function chance(): number {
  state = (state + 0x6d2b79f5) | 0;
  let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
}

const gateway = new ScriptedGateway();
let service: Service;
const members: string[] = [];

beforeAll(async () => {
  process.stdout.write(`a year of odd answers, seed ${SEED}\n`);
  service = await startService({ gateway, startAt: '2026-01-01T10:00:00.000Z', config: { LOG_LEVEL: 'silent' } });
  gateway.oddly(PER_HUNDRED, chance);
});
afterAll(() => service.stop());

async function act(path: string, body: object = {}, scope: 'storefront' | 'operations' = 'storefront'): Promise<void> {
  const { status } = await service.api.call('POST', path, body, { scope, waitSeconds: 0 });
  expect({ path, status, fault: status >= 500 }).toMatchObject({ fault: false });
}

/** What a member may do in a month; most do nothing. */
async function live(id: string): Promise<void> {
  const at = `/v1/subscriptions/${id}`;
  const drawn = chance();
  if (drawn < 0.05) return act(`${at}/cancellation`);
  if (drawn < 0.1) return act(`${at}/early-renewal`);
  if (drawn < 0.15) return act(`${at}/early-renewal/cancellation`);
  if (drawn < 0.2) return act(`${at}/add-ons/gift_wrapping/acceptance`, { price: { amount: 990, currency: 'EUR' } });
  if (drawn < 0.25) return act(`${at}/compensations`, { amount: 100, reason: 'an outage' }, 'operations');
  if (drawn < 0.3) return act(`${at}/payment-retries`);
  if (drawn >= 0.4) return;
  const body = { paymentMethod: `pm_other_${Math.floor(chance() * 1e6)}`, deductionAuthorized: true };
  await service.api.call('PUT', `${at}/payment-method`, body, { waitSeconds: 0 });
}

it('is lived through', async () => {
  for (let month = 0; month < MONTHS; month += 1) {
    for (let index = 0; index < (JOINING.get(month) ?? 0); index += 1) {
      const startWith = chance() < 0.3 ? 'trial' : 'paid';
      const { status, body } = await service.api.subscribe(`u${month}-${index}`, { startWith }, { waitSeconds: 0 });
      if (status === 201) members.push(body.id);
    }
    for (const id of members) await live(id);
    await service.api.clockBy('P31D');
  }
  expect(members.length).toBeGreaterThan(24);
}, 240_000);

it('converges: nothing is undecided, what failed can be sent again, and both records agree', async () => {
  gateway.oddly(0, () => 1);
  await service.api.clockBy('P20D');
  const failed = await service.api.call<{ data: { id: string }[] }>(
    'GET',
    '/v1/refunds?status=failed&limit=100',
    undefined,
    {
      scope: 'finance',
    },
  );
  for (const { id } of failed.body.data) {
    const answer = await service.api.call(
      'POST',
      `/v1/refunds/${id}/retries`,
      { reason: 'the gateway is well again' },
      { scope: 'finance' },
    );
    expect(answer.status).toBe(200);
  }
  await service.api.clockBy('P1D');
  const { rows } = await service.database.query<{ status: string; failure: string | null; count: number }>(
    'select status, failure, count(*)::int as count from gateway_requests group by 1, 2 order by 1, 2',
  );
  // Every kind of no has come, and every request is decided.
  expect(rows.map(({ failure }) => failure)).toEqual(expect.arrayContaining(['hard', 'soft', 'refused', null]));
  expect(rows.filter(({ status }) => !['succeeded', 'failed'].includes(status))).toEqual([]);
  expect(await audit(service.database, gateway)).toEqual([]);
}, 120_000);
