/**
 * The races of a membership with what the clock brings, each both ways round and as a true collision: an act a
 * millisecond before, after, and while the due work of one instant runs. The twelve of them, in all:
 *
 * here: cancel × renewal, opt-out × conversion, auto-renewal off × renewal, payment method × retry, early renewal ×
 *   term end, discontinuation × renewal, reinstatement × term end, suspension × charge;
 * `races-of-two-acts.spec.ts`: cancel × cancel, revoke × cancel, benefit use × quote, two subscribes.
 */
import { readFileSync } from 'node:fs';
import type { Answer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { fateOf } from '../support/fate.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

// Everything falls due at END: the end of a year begun at START, of a trial begun at TRIAL_START, and the first retry
// (12 hours after the decline) of a year begun at EARLIER.
const EARLIER = '2026-02-28T22:00:00.000Z';
const START = '2026-03-01T10:00:00.000Z';
const TRIAL_START = '2027-01-30T10:00:00.000Z';
const LAST_MS = '2027-03-01T09:59:59.999Z';
const END = '2027-03-01T10:00:00.000Z';

interface Race {
  name: string;
  begins: string;
  startWith?: 'trial';
  /** What brings the member to the race, and when. */
  prepare?: Record<string, (id: string) => Promise<unknown>>;
  act: (id: string, country: string) => Promise<{ status: number }>;
  /** Act, then what is due: the act's answer, and the member's fate. */
  first: string[];
  /** What is due, then act. */
  second: string[];
  /** Lawful too for an act that comes while what is due runs. */
  meanwhile?: string[];
}

let service: Service;
const post = async (path: string, body: object, scope: 'operations' | 'risk', subject = 'one'): Promise<Answer> =>
  service.api.call('POST', path, body, { token: await service.api.token(scope, subject) });
const suspend = (id: string): Promise<Answer> =>
  post(`/v1/subscriptions/${id}/suspension`, { reason: 'under review' }, 'risk');
const reinstate = (id: string, mistaken: boolean): Promise<Answer> =>
  post(`/v1/subscriptions/${id}/reinstatement`, { mistaken, reason: 'reviewed' }, 'risk');

/** Announced for END, and approved by two. */
async function discontinue(country: string): Promise<Answer> {
  const path = `/v1/markets/${country}/discontinuation`;
  const announced = await post(path, { reason: 'the service ends', effectiveAt: END }, 'operations');
  for (const subject of ['one', 'another']) await post(`${path}/approvals`, {}, 'operations', subject);
  return announced;
}

const setMethod = (id: string, token: string): Promise<unknown> =>
  service.database.query(`update mandates set gateway_method_id = $2 where subscription_id = $1 and status = 'valid'`, [
    id,
    token,
  ]);
const overdue = { [EARLIER]: (id: string) => setMethod(id, 'pm_card_chargeDeclinedInsufficientFunds') };
const suspended = { [TRIAL_START]: suspend };
const RENEWED = 'active, term 2 until 2028-02-29';
const RECOVERED = '200: active, term 2 until 2028-02-28, by mastercard; 2 captured, 0 returned';

// Where the term and the market end at one instant, either may be first to say so.
const CLOSED = ['201: expired market_closed; 1 captured, 0 returned', '201: discontinued; 1 captured, 0 returned'];

const RACES: Race[] = [
  {
    name: 'cancel × renewal',
    begins: START,
    act: (id) => service.api.cancel(id),
    first: ['200: canceled; 1 captured, 14 returned'],
    second: ['200: canceled; 2 captured, 4999 returned'],
    // At the end itself, before the charge is sent: no day is left.
    meanwhile: ['200: canceled; 1 captured, 0 returned'],
  },
  {
    name: 'opt-out × conversion',
    begins: TRIAL_START,
    startWith: 'trial',
    act: (id) => service.api.autoRenewal(id, false),
    first: ['200: expired opted_out; 0 captured, 0 returned'],
    second: [`200: ${RENEWED}, to run out; 1 captured, 0 returned`],
    // Refused while the conversion is under way.
    meanwhile: [`409: ${RENEWED}; 1 captured, 0 returned`],
  },
  {
    name: 'auto-renewal off × renewal',
    begins: START,
    act: (id) => service.api.autoRenewal(id, false),
    first: ['200: expired auto_renewal_off; 1 captured, 0 returned'],
    second: [`200: ${RENEWED}, to run out; 2 captured, 0 returned`],
    meanwhile: [`409: ${RENEWED}; 2 captured, 0 returned`],
  },
  {
    name: 'payment method × retry that is declined',
    begins: EARLIER,
    prepare: overdue,
    act: (id) => service.api.paymentMethod(id, 'pm_card_mastercard'),
    first: [RECOVERED],
    second: [RECOVERED],
  },
  {
    name: 'payment method × retry that is paid',
    begins: EARLIER,
    prepare: { ...overdue, [LAST_MS]: (id) => setMethod(id, 'pm_card_visa') },
    act: (id) => service.api.paymentMethod(id, 'pm_card_mastercard'),
    first: [RECOVERED],
    second: [RECOVERED],
  },
  {
    name: 'early renewal × term end',
    begins: START,
    act: (id) => service.api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {}),
    first: [`201: ${RENEWED}; 2 captured, 0 returned`],
    second: [`201: ${RENEWED}, term 3 waits; 3 captured, 0 returned`],
    meanwhile: [`409: ${RENEWED}; 2 captured, 0 returned`],
  },
  {
    name: 'discontinuation × renewal',
    begins: START,
    act: (_, country) => discontinue(country),
    first: CLOSED,
    second: ['201: discontinued; 2 captured, 4999 returned'],
    meanwhile: CLOSED,
  },
  {
    name: 'reinstatement × term end',
    begins: START,
    prepare: suspended,
    act: (id) => reinstate(id, false),
    first: [`200: ${RENEWED}; 2 captured, 0 returned`],
    second: ['409: expired suspended; 1 captured, 0 returned'],
  },
  {
    name: 'reinstatement after a mistake × term end',
    begins: START,
    prepare: suspended,
    act: (id) => reinstate(id, true),
    // Thirty days are given back, whether the term has run out or not.
    first: ['200: active, term 1 until 2027-03-31; 1 captured, 0 returned'],
    second: ['200: active, term 1 until 2027-03-31; 1 captured, 0 returned'],
  },
  {
    name: 'suspension × charge',
    begins: START,
    act: suspend,
    first: ['200: expired suspended; 1 captured, 0 returned'],
    second: [`200: ${RENEWED}, suspended; 2 captured, 0 returned`],
    meanwhile: ['200: expired suspended; 1 captured, 0 returned'],
  },
];

interface Member {
  race: Race;
  when: string;
  id: string;
  country: string;
  fate: string;
}

const COLLISION = ['with the clock', 'at the stroke', 'in flight'];
// Two members at each moment of the collision.
const WHENS = ['before', ...COLLISION, ...COLLISION, 'after'];
// The end of a market concerns all its members: each racer has one of their own.
const MARKETS = ['AT', 'BE', 'FI', 'GR', 'IE', 'IT', 'NL', 'PT'];
const STOPS = /^subscription\.(canceled|expired|discontinued|suspended|auto_renewal_changed)$/;
const members: Member[] = [];

/** What was charged after a word to stop, though it went back. */
function chargedInSpite(events: string[]): string[] {
  const stopped = events.findLastIndex((event) => STOPS.test(event));
  const goesOn = stopped === -1 || events.includes('subscription.reinstated');
  return goesOn ? [] : events.slice(stopped).filter((event) => event === 'charge.opened');
}

/** Waits for the moment at which a member acts; at the first of the collision nobody waits. */
async function moment({ when, id }: Member): Promise<void> {
  const struck = 'select 1 from test_clock where now_at = $1 and $2::uuid is not null';
  const sent = `select 1 from gateway_requests where subscription_id = $2 and intended_at = $1 and status <> 'intended'
    union all select 1 from subscriptions where id = $2 and ended_at = $1`;
  const come = { 'at the stroke': struck, 'in flight': sent }[when];
  if (come === undefined) return;
  await until(when, async () => (await service.database.query(come, [END, id])).rowCount !== 0, 120_000);
}

async function act(...whens: string[]): Promise<void> {
  const actOne = async (member: Member): Promise<void> => {
    await moment(member);
    member.fate = `${(await member.race.act(member.id, member.country)).status}`;
  };
  await Promise.all(members.filter(({ when }) => whens.includes(when)).map(actOne));
}

async function begin(race: Race, when: string, index: number): Promise<void> {
  const country = race.name.startsWith('discontinuation') ? (MARKETS[index] ?? '') : 'ES';
  const userId = `${race.name} ${index}`.replaceAll(/\W+/g, '-');
  const { status, body } = await service.api.subscribe(userId, { country, startWith: race.startWith ?? 'paid' });
  expect(status).toBe(201);
  members.push({ race, when, id: body.id, country, fate: '' });
}

async function openMarkets(): Promise<void> {
  const spain = JSON.parse(readFileSync('markets/ES.json', 'utf8')) as { rulePacks: object[] };
  const pack = { ...spain.rulePacks[0], effectiveFrom: EARLIER, version: 1 };
  const price = { amount: 4999, currency: 'EUR', effectiveFrom: EARLIER };
  for (const country of MARKETS) {
    const market = { country, currency: 'EUR', rulePacks: [pack], prices: [price] };
    expect((await post('/v1/markets', market, 'operations')).status).toBe(201);
  }
}

beforeAll(async () => {
  service = await startService({ startAt: EARLIER });
  const { api, sandbox } = service;
  await openMarkets();
  for (const instant of [EARLIER, START, TRIAL_START, LAST_MS]) {
    await api.clockTo(instant);
    const racers = RACES.filter(({ begins }) => begins === instant);
    await Promise.all(racers.flatMap((race) => WHENS.map((when, index) => begin(race, when, index))));
    await Promise.all(members.map(async ({ race, id }) => race.prepare?.[instant]?.(id)));
  }
  await act('before');
  await sandbox.faults({ latencyMs: 400 });
  await Promise.all([act(...COLLISION), api.clockTo(END)]);
  await sandbox.faults({});
  // What the collision set going comes to rest before the last act.
  await api.clockTo(END);
  await act('after');
  await api.clockTo(END);
  for (const member of members) member.fate += `: ${await fateOf(service, member.id)}`;
}, 240_000);
afterAll(() => service.stop());

it.each(RACES)('$name', async (race) => {
  const { first, second, meanwhile = [] } = race;
  const during = [...second, ...meanwhile];
  const lawful: Record<string, string[]> = { before: first, 'with the clock': [...first, ...during], after: second };
  for (const { when, fate, id } of members.filter((member) => member.race === race)) {
    expect((lawful[when] ?? during).map((one) => `${when} ${one}`)).toContain(`${when} ${fate}`);
    expect(chargedInSpite(await service.api.events(id))).toEqual([]);
  }
});

it('leaves the books right', async () => {
  const faults = await audit(service.database, service.sandbox);
  // A mistaken finding lengthens a term on purpose, by the days the table says.
  expect(faults.filter((fault) => !fault.startsWith('I03'))).toEqual([]);
});
