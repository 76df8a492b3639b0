/**
 * Every boundary of a membership, looked at over HTTP in the last millisecond before it and at its instant, in zones from
 * UTC-11 to UTC+14 and across both changes of the clock. Instants are worked out by hand, beside each; a term is so many
 * times 24 hours, the cancellation period and notices go by the calendar of the market's zone (rules 1).
 */
import { readFileSync } from 'node:fs';
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';

// In Spain clocks go from 02:00 to 03:00 on 28 March 2027 and 26 March 2028, and from 03:00 to 02:00 on 31 October 2027.
const SPAIN = 'ES';
const KOREA = 'KR';
const BRAZIL = 'BR';
const OWN_MARKETS = { WS: 'Pacific/Apia', KI: 'Pacific/Kiritimati', AS: 'Pacific/Pago_Pago' };

type Boundary = [at: string, seen: string];

interface Life {
  who: string;
  country: string;
  start?: Record<string, unknown>;
  /** Done right after the begin. */
  then?: (id: string) => Promise<{ status: number }>;
  /** From each instant on until the next, this is what is seen; the first is the begin. */
  story: [Boundary, ...Boundary[]];
}

const TRIAL = { startWith: 'trial' };
const UNPAID = { paymentMethod: 'pm_card_authenticationRequired' };
const turnOff = (id: string): Promise<{ status: number }> => service.api.autoRenewal(id, false);
const buyNext = (id: string): Promise<{ status: number }> =>
  service.api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {});

const LIVES: Life[] = [
  {
    who: 'a year in Madrid whose cancellation period ends with the day of the spring gap',
    country: SPAIN,
    story: [
      ['2027-03-13T23:30:00.000Z', 'paid 1, full_less_benefits, 1 captured'], // 14 March, 00:30
      ['2027-03-28T22:00:00.000Z', 'paid 1, pro_rata, 1 captured'], // 29 March, 00:00 in summer time
      ['2028-02-01T23:30:00.000Z', 'paid 1, pro_rata, 1 captured, told 40'], // 2 February, 00:30
      ['2028-03-05T23:30:00.000Z', 'paid 1, pro_rata, 1 captured, told 40 7'], // 6 March, 00:30
      // 29 February 2028 is one of its 365 days: 13 March, 00:30, and not the 14th.
      ['2028-03-12T23:30:00.000Z', 'paid 2, pro_rata, 2 captured, told 40 7'],
    ],
  },
  {
    who: 'a year in Madrid that begins in winter time and ends in summer time',
    country: SPAIN,
    story: [
      ['2027-03-27T10:00:00.000Z', 'paid 1, full_less_benefits, 1 captured'], // 27 March, 11:00
      ['2027-04-10T22:00:00.000Z', 'paid 1, pro_rata, 1 captured'], // 11 April, 00:00
      ['2028-02-15T11:00:00.000Z', 'paid 1, pro_rata, 1 captured, told 40'], // 15 February, 12:00
      ['2028-03-19T11:00:00.000Z', 'paid 1, pro_rata, 1 captured, told 40 7'], // 19 March, 12:00
      ['2028-03-26T10:00:00.000Z', 'paid 2, pro_rata, 2 captured, told 40 7'], // 26 March, 12:00, the day of the gap
    ],
  },
  {
    who: 'a year in Madrid whose cancellation period ends with the day of the autumn fold',
    country: SPAIN,
    story: [
      ['2027-10-17T10:00:00.000Z', 'paid 1, full_less_benefits, 1 captured'], // 17 October, 12:00
      ['2027-10-31T23:00:00.000Z', 'paid 1, pro_rata, 1 captured'], // 1 November, 00:00 in winter time
    ],
  },
  {
    who: 'a trial in Madrid that is announced at an hour the spring gap leaves out',
    country: SPAIN,
    start: TRIAL,
    story: [
      ['2027-03-05T00:30:00.000Z', 'trial 1, none, 0 captured'], // 5 March, 01:30
      ['2027-03-28T01:30:00.000Z', 'trial 1, none, 0 captured, told 7'], // 28 March, 02:30 does not exist: 03:30
      ['2027-04-01T00:30:00.000Z', 'trial 1, none, 0 captured, told 7 3'], // 1 April, 02:30
      ['2027-04-04T00:30:00.000Z', 'paid 2, full_less_benefits, 1 captured, told 7 3'], // 4 April, 02:30
    ],
  },
  {
    who: 'a trial in Madrid that is announced at an hour the autumn fold has twice',
    country: SPAIN,
    start: TRIAL,
    story: [
      ['2027-10-08T01:30:00.000Z', 'trial 1, none, 0 captured'], // 8 October, 03:30
      ['2027-10-31T01:30:00.000Z', 'trial 1, none, 0 captured, told 7'], // 31 October, 02:30 for the second time
      ['2027-11-04T01:30:00.000Z', 'trial 1, none, 0 captured, told 7 3'], // 4 November, 02:30
      ['2027-11-07T01:30:00.000Z', 'paid 2, full_less_benefits, 1 captured, told 7 3'], // 7 November, 02:30
    ],
  },
  {
    who: 'a trial in Madrid that was opted out of',
    country: SPAIN,
    start: TRIAL,
    then: turnOff,
    story: [
      ['2027-03-13T23:30:00.000Z', 'trial 1, none, 0 captured'],
      ['2027-04-12T23:30:00.000Z', 'expired opted_out, 0 captured'], // 30 days, one of them of 23 hours
    ],
  },
  {
    who: 'a first payment in Madrid left open over the spring gap',
    country: SPAIN,
    start: UNPAID,
    story: [
      ['2027-03-27T12:00:00.000Z', 'pending_payment, none, 0 captured'], // 27 March, 13:00
      ['2027-03-28T11:00:00.000Z', 'abandoned not_completed, 0 captured'], // 28 March, 13:00: 23 hours
    ],
  },
  {
    who: 'a first payment in Madrid left open over the autumn fold',
    country: SPAIN,
    start: UNPAID,
    story: [
      ['2027-10-30T12:00:00.000Z', 'pending_payment, none, 0 captured'], // 30 October, 14:00
      ['2027-10-31T11:00:00.000Z', 'abandoned not_completed, 0 captured'], // 31 October, 12:00: 23 hours
    ],
  },
  {
    who: 'a year in Seoul that begins with the last millisecond of a day',
    country: KOREA,
    story: [
      ['2027-03-20T14:59:59.999Z', 'paid 1, full_less_benefits, 1 captured'], // 20 March, 23:59:59.999
      ['2027-03-27T15:00:00.000Z', 'paid 1, pro_rata, 1 captured'], // 28 March, 00:00
    ],
  },
  {
    who: 'a year in Seoul that begins a millisecond later, and has a day more to cancel',
    country: KOREA,
    story: [
      ['2027-03-20T15:00:00.000Z', 'paid 1, full_less_benefits, 1 captured'], // 21 March, 00:00
      ['2027-03-28T15:00:00.000Z', 'paid 1, pro_rata, 1 captured'], // 29 March, 00:00
      ['2028-02-08T15:00:00.000Z', 'paid 1, pro_rata, 1 captured, told 40'], // 9 February, 00:00
      ['2028-03-12T15:00:00.000Z', 'paid 1, pro_rata, 1 captured, told 40 7'], // 13 March, 00:00
      ['2028-03-19T15:00:00.000Z', 'paid 2, pro_rata, 2 captured, told 40 7'], // 20 March, 00:00
    ],
  },
  {
    who: 'a trial in Seoul with consent',
    country: KOREA,
    start: { ...TRIAL, conversionConsent: true },
    story: [
      ['2027-03-20T14:59:59.999Z', 'trial 1, none, 0 captured'],
      ['2027-04-12T14:59:59.999Z', 'trial 1, none, 0 captured, told 7'], // 12 April, 23:59:59.999
      ['2027-04-16T14:59:59.999Z', 'trial 1, none, 0 captured, told 7 3'],
      ['2027-04-19T14:59:59.999Z', 'paid 2, full_less_benefits, 1 captured, told 7 3'],
    ],
  },
  {
    who: 'a trial in Seoul without consent, which is asked for beside the announcement',
    country: KOREA,
    start: TRIAL,
    story: [
      ['2027-03-20T15:00:00.000Z', 'trial 1, none, 0 captured'],
      ['2027-04-12T15:00:00.000Z', 'trial 1, none, 0 captured, told 7 7'],
      ['2027-04-16T15:00:00.000Z', 'trial 1, none, 0 captured, told 7 7 3'],
      ['2027-04-19T15:00:00.000Z', 'expired consent_missing, 0 captured, told 7 7 3'],
    ],
  },
  {
    who: 'a first payment in Seoul',
    country: KOREA,
    start: UNPAID,
    story: [
      ['2027-03-20T14:59:59.999Z', 'pending_payment, none, 0 captured'],
      ['2027-03-21T13:59:59.999Z', 'abandoned not_completed, 0 captured'],
    ],
  },
  {
    who: 'a year in São Paulo, begun late in the evening, without renewal',
    country: BRAZIL,
    then: turnOff,
    story: [
      ['2027-03-20T02:30:00.000Z', 'paid 1, full_less_benefits, 1 captured'], // 19 March, 23:30
      ['2027-03-27T03:00:00.000Z', 'paid 1, pro_rata, 1 captured'], // 27 March, 00:00
      ['2028-03-19T02:30:00.000Z', 'expired auto_renewal_off, 1 captured'], // 18 March, 23:30
    ],
  },
  {
    who: 'a trial in São Paulo',
    country: BRAZIL,
    start: TRIAL,
    story: [
      ['2027-03-20T02:30:00.000Z', 'trial 1, none, 0 captured'],
      ['2027-04-12T02:30:00.000Z', 'trial 1, none, 0 captured, told 7'],
      ['2027-04-16T02:30:00.000Z', 'trial 1, none, 0 captured, told 7 3'],
      ['2027-04-19T02:30:00.000Z', 'paid 2, full_less_benefits, 1 captured, told 7 3'],
    ],
  },
  {
    who: 'a year in São Paulo that is followed by one bought early',
    country: BRAZIL,
    then: buyNext,
    story: [
      ['2027-03-20T03:00:00.000Z', 'paid 1, full_less_benefits, 2 captured, the next waits'], // 20 March, 00:00
      ['2027-03-28T03:00:00.000Z', 'paid 1, pro_rata, 2 captured, the next waits'], // 28 March, 00:00
      ['2028-03-19T03:00:00.000Z', 'paid 2, pro_rata, 2 captured'],
    ],
  },
  {
    who: 'a year in Apia (UTC+13) that is followed by one bought early',
    country: 'WS',
    then: buyNext,
    story: [
      ['2027-03-20T10:59:59.999Z', 'paid 1, full_less_benefits, 2 captured, the next waits'], // 20 March, 23:59:59.999
      ['2027-04-03T11:00:00.000Z', 'paid 1, pro_rata, 2 captured, the next waits'], // 4 April, 00:00
      ['2028-03-19T10:59:59.999Z', 'paid 2, pro_rata, 2 captured'],
    ],
  },
  {
    who: 'a trial in Apia',
    country: 'WS',
    start: TRIAL,
    story: [
      ['2027-03-20T11:00:00.000Z', 'trial 1, none, 0 captured'], // 21 March, 00:00
      ['2027-04-12T11:00:00.000Z', 'trial 1, none, 0 captured, told 7'], // 13 April, 00:00
      ['2027-04-16T11:00:00.000Z', 'trial 1, none, 0 captured, told 7 3'], // 17 April, 00:00
      ['2027-04-19T11:00:00.000Z', 'paid 2, full_less_benefits, 1 captured, told 7 3'],
      ['2027-05-04T11:00:00.000Z', 'paid 2, pro_rata, 1 captured, told 7 3'], // begun on 20 April: 5 May, 00:00
    ],
  },
  {
    who: 'a first payment in Apia',
    country: 'WS',
    start: UNPAID,
    story: [
      ['2027-03-20T10:59:59.999Z', 'pending_payment, none, 0 captured'],
      ['2027-03-21T09:59:59.999Z', 'abandoned not_completed, 0 captured'],
    ],
  },
  {
    who: 'a year on Kiritimati (UTC+14)',
    country: 'KI',
    story: [
      ['2027-03-20T10:00:00.000Z', 'paid 1, full_less_benefits, 1 captured'], // 21 March, 00:00
      ['2027-04-04T10:00:00.000Z', 'paid 1, pro_rata, 1 captured'], // 5 April, 00:00
    ],
  },
  {
    who: 'a year in Pago Pago (UTC-11)',
    country: 'AS',
    story: [
      ['2027-03-20T10:59:59.999Z', 'paid 1, full_less_benefits, 1 captured'], // 19 March, 23:59:59.999
      ['2027-04-03T11:00:00.000Z', 'paid 1, pro_rata, 1 captured'], // 3 April, 00:00
      ['2028-02-08T10:59:59.999Z', 'paid 1, pro_rata, 1 captured, told 40'], // 7 February, 23:59:59.999
      ['2028-03-12T10:59:59.999Z', 'paid 1, pro_rata, 1 captured, told 40 7'],
      ['2028-03-19T10:59:59.999Z', 'paid 2, pro_rata, 2 captured, told 40 7'],
    ],
  },
];

interface Shown {
  status: string;
  endReason: string | null;
  endedAt: string | null;
  currentTerm: { kind: string; number: number } | null;
  nextTerm: object | null;
}

let service: Service;
const seen = new Map<string, string>();

const lastMsBefore = (at: string): string => new Date(Date.parse(at) - 1).toISOString();

/** Status or term, on what basis a cancellation would return money, what the gateway holds, and what the member was told. */
async function look(id: string): Promise<string> {
  const { api, sandbox } = service;
  const { body } = await api.call<Shown>('GET', `/v1/subscriptions/${id}`);
  const { status, endReason, endedAt, currentTerm: term, nextTerm } = body;
  const words = [term === null ? status : `${term.kind} ${term.number}`];
  if (endedAt !== null) words[0] = `${status} ${endReason}`;
  else words.push((await api.quote(id)).body.basis);
  words.push(`${(await sandbox.movementsOf(id)).length} captured`);
  if (nextTerm !== null) words.push('the next waits');
  const told = await toldBefore(id);
  return told.length === 0 ? words.join(', ') : `${words.join(', ')}, told ${told.join(' ')}`;
}

/** How many days before the end each notice was given, in the order of their days. */
async function toldBefore(id: string): Promise<number[]> {
  const path = `/v1/subscriptions/${id}/notices?limit=100`;
  const { body } = await service.api.call<{ data: { daysBefore: number; givenAt: string | null }[] }>('GET', path);
  const given = body.data.filter(({ givenAt }) => givenAt !== null);
  return given.map(({ daysBefore }) => daysBefore).sort((a, b) => b - a);
}

async function openOwnMarkets(): Promise<void> {
  const spain = JSON.parse(readFileSync('markets/ES.json', 'utf8')) as { rulePacks: { numbers: object }[] };
  const effectiveFrom = '2027-03-01T00:00:00.000Z';
  for (const [country, value] of Object.entries(OWN_MARKETS)) {
    const numbers = { ...spain.rulePacks[0]?.numbers, timeZone: { value, source: 'a test' } };
    const market = {
      country,
      currency: 'EUR',
      rulePacks: [{ ...spain.rulePacks[0], numbers, effectiveFrom }],
      prices: [{ amount: 4999, currency: 'EUR', effectiveFrom }],
    };
    expect((await service.api.call('POST', '/v1/markets', market, { scope: 'operations' })).status).toBe(201);
  }
}

async function begin({ who, country, start, then }: Life): Promise<string> {
  const userId = who.replaceAll(/\W+/g, '-');
  const { status, body } = await service.api.subscribe(userId, { country, ...start });
  expect(status).toBe(201);
  if (then !== undefined) expect((await then(body.id)).status).toBeLessThan(300);
  return body.id;
}

// One walk through all the lives, which stops only where one of them has a boundary.
beforeAll(async () => {
  service = await startService({ startAt: '2027-03-01T00:00:00.000Z' });
  await openOwnMarkets();
  const ids = new Map<Life, string>();
  const stops = LIVES.flatMap(({ story: [[begins], ...rest] }) => [
    begins,
    ...rest.flatMap(([at]) => [lastMsBefore(at), at]),
  ]);
  for (const stop of [...new Set(stops)].sort()) {
    await service.api.clockTo(stop);
    const looks = LIVES.map(async (life) => {
      const [[begins], ...boundaries] = life.story;
      if (begins === stop) ids.set(life, await begin(life));
      const watched = begins === stop || boundaries.some(([at]) => stop === at || stop === lastMsBefore(at));
      if (watched) seen.set(`${life.who} ${stop}`, await look(ids.get(life) ?? ''));
    });
    await Promise.all(looks);
  }
}, 240_000);
afterAll(() => service.stop());

it.each(LIVES)('$who', ({ who, story }) => {
  const told = story.map(([at]) => [at, seen.get(`${who} ${at}`)]);
  expect(told).toEqual(story);
  const justBefore = story.slice(1).map(([at]) => [at, seen.get(`${who} ${lastMsBefore(at)}`)]);
  expect(justBefore).toEqual(story.slice(1).map(([at], index) => [at, story[index]?.[1]]));
});

it('leaves the books right', async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
