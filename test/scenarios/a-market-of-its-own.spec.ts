/** A market's policy numbers are data: another dunning schedule and other notice days are published, and nothing else changes. */
import { readFile } from 'node:fs/promises';
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';

const START = '2026-03-01T10:00:00.000Z';
const TERM_END = Date.parse('2027-03-01T10:00:00.000Z');
const HOUR = 3_600_000;
const operations = { scope: 'operations' } as const;
let service: Service;

beforeEach(async () => {
  service = await startService({ startAt: START });
});
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  await service.stop();
});

type Numbers = Record<string, { value: unknown; source: string }>;

/** The next version of the market's rules: those shipped, with some numbers changed. */
async function publish(country: string, changed: Record<string, unknown>): Promise<{ status: number; body: object }> {
  const shipped = JSON.parse(await readFile(`markets/${country}.json`, 'utf8')) as {
    rulePacks: { numbers: Numbers; benefits: object[] }[];
  };
  const { numbers, benefits } = shipped.rulePacks.at(-1)!;
  const own = Object.fromEntries(Object.entries(changed).map(([name, value]) => [name, { value, source: 'a test' }]));
  const pack = { effectiveFrom: '2026-03-01T10:00:01.000Z', numbers: { ...numbers, ...own }, benefits };
  return service.api.call('POST', `/v1/markets/${country}/rule-packs`, pack, operations);
}

it('asks for an overdue fee by its own schedule, and announces by its own days, while its neighbour keeps its own', async () => {
  const { api, database } = service;
  const own = { dunningRetryHours: [6, 30], dunningDays: 3, renewalNoticeDays: [20] };
  expect((await publish('DE', own)).status).toBe(201);
  await api.clockTo('2026-03-01T10:00:01.000Z');
  const german = (await api.subscribe('german', { country: 'DE', residenceCountry: 'DE' })).body;
  const spanish = (await api.subscribe('spanish')).body;
  await database.query(`update mandates set gateway_method_id = 'pm_card_chargeDeclinedInsufficientFunds'`);
  await api.clockTo(new Date(TERM_END + 1000).toISOString());

  const announced = async (id: string): Promise<unknown> =>
    (
      await database.query<{ days: number }>(
        `select days_before as days from notices
         where subscription_id = $1 and kind = 'renewal_upcoming' and status = 'due' order by 1`,
        [id],
      )
    ).rows.map(({ days }) => days);
  expect(await announced(german.id)).toEqual([20]);
  expect(await announced(spanish.id)).toEqual([7, 40]);

  const next = async (id: string): Promise<number | string> => {
    const { status, nextChargeAt } = await api.subscription(id);
    return nextChargeAt === null ? status : (Date.parse(nextChargeAt) - TERM_END - 1000) / HOUR;
  };
  expect([await next(german.id), await next(spanish.id)]).toEqual([6, 12]);
  await api.clockBy('PT6H');
  expect(await next(german.id)).toBe(30);
  await api.clockBy('PT24H');
  // Tried twice: only the member's word tries again, until the fee is given up.
  expect(await api.subscription(german.id)).toMatchObject({ status: 'past_due', nextChargeAt: null });
  await api.clockBy('PT42H');
  expect(await api.subscription(german.id)).toMatchObject({ status: 'expired', endReason: 'payment_failed' });
  expect((await api.charges(german.id))[0]!.attempts).toHaveLength(3);
  expect(await api.subscription(spanish.id)).toMatchObject({ status: 'past_due' });
  await api.clockBy('P5D');
  expect(await api.subscription(spanish.id)).toMatchObject({ status: 'expired', endReason: 'payment_failed' });
  expect((await api.charges(spanish.id))[0]!.attempts).toHaveLength(6);
});

it.each([
  ['numbers.dunningRetryHours', { dunningRetryHours: [12, 200] }],
  ['numbers.dunningRetryHours', { dunningDays: 2 }],
  ['numbers.dunningRetryHours.value', { dunningRetryHours: [24, 12] }],
  ['numbers.dunningRetryHours.value', { dunningRetryHours: [0] }],
  ['numbers.renewalNoticeDays.value', { renewalNoticeDays: [7, 40] }],
  ['numbers.trialNoticeDays.value', { trialNoticeDays: [7, 7] }],
  ['numbers.dunningDays.value', { dunningDays: 0 }],
])('refuses a schedule that cannot be: %s of %j', async (path, changed) => {
  const { status, body } = await publish('DE', changed);
  expect(status).toBe(422);
  expect(body).toMatchObject({ code: 'validation_failed', errors: [{ path }] });
});
