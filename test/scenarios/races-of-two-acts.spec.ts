/**
 * The races of two people's acts, each both ways round and as a true collision: both acts wait for the same row at the
 * same time, in either order, before it is let go. The other races are in `races.spec.ts`; the crowds elsewhere: a
 * hundred who subscribe (`subscribing`), fifty who cancel (`cancellations`), twenty who use and cancel (`benefits`).
 */
import { subscribeBody, type Answer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { fateOf } from '../support/fate.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

interface Racer {
  userId: string;
  id: string;
  /** The quote, or the proposed revocation, that an act rests on. */
  paperId: string;
}

type Told = Answer<{ id?: string; code?: string }>;
type Act = (racer: Racer) => Promise<Told>;

interface Race {
  name: string;
  /** Returns the id of the member's subscription, where the race is not about having one. */
  begin?: (userId: string) => Promise<string>;
  prepare?: (racers: Racer[]) => Promise<unknown>;
  one: Act;
  other: Act;
  /** Done when both are answered. */
  then?: Act;
  /** What is locked so that both wait; the member's row unless said otherwise. */
  hold?: string;
  /** The answers, in this order: one, other, then; and what became of the member. */
  oneFirst: string;
  otherFirst: string;
  /** Where `one` is first and `other` comes before its charge is sent: it is withdrawn. */
  takenBack?: string;
}

let service: Service;
beforeAll(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
afterAll(() => service.stop());

const year = async (userId: string): Promise<string> => (await service.api.subscribe(userId)).body.id;
const risk = async (path: string, body: object, subject: string): Promise<Told> =>
  service.api.call('POST', path, body, { token: await service.api.token('risk', subject) });
const subscribe = (userId: string, startWith: string): Promise<Told> =>
  service.api.call('POST', '/v1/subscriptions', { ...subscribeBody(userId), startWith });
const byQuote = ({ id, paperId }: Racer): Promise<Told> => service.api.cancel(id, { quoteId: paperId });

/** The act, whose answer is kept as the paper that a later act rests on. */
const paper =
  (act: Act): Act =>
  async (racer) => {
    const told = await act(racer);
    racer.paperId = told.body.id ?? '';
    return told;
  };
const quote = paper(({ id }) => service.api.quote(id));
const propose = paper(({ id }) =>
  risk(`/v1/subscriptions/${id}/revocations`, { reason: 'improper_use', evidence: 'case 17' }, 'rita'),
);

const retry = ({ id }: Racer): Promise<Told> => service.api.call('POST', `/v1/subscriptions/${id}/payment-retries`, {});
const suspend = ({ id }: Racer): Promise<Told> =>
  risk(`/v1/subscriptions/${id}/suspension`, { reason: 'under review' }, 'rita');

/** Overdue by a card that is good again. */
async function fallOverdue(racers: Racer[]): Promise<void> {
  const ids = racers.map(({ id }) => id);
  await Promise.all(ids.map((id) => service.api.paymentMethod(id, 'pm_card_chargeCustomerFail')));
  await service.api.clockBy('P365D');
  await service.database.query(
    `update mandates set gateway_method_id = 'pm_card_visa' where subscription_id = any ($1) and status = 'valid'`,
    [ids],
  );
}

const RACES: Race[] = [
  {
    name: 'two subscribes: to a trial × to a paid year',
    begin: async (userId) => {
      await service.api.goodStanding(userId);
      return '';
    },
    one: ({ userId }) => subscribe(userId, 'trial'),
    other: ({ userId }) => subscribe(userId, 'paid'),
    // The first is held in the middle of its transaction, and holds the second.
    hold: 'lock table mandates in share mode',
    oneFirst: '201, 409 already_subscribed: trialing, term 1 until 2026-03-31; 0 captured, 0 returned',
    otherFirst: '409 already_subscribed, 201: active, term 1 until 2027-03-01; 1 captured, 0 returned',
  },
  {
    name: 'benefit use × quote',
    one: ({ id }) => service.api.useBenefit(id, ['coupon', 'order', 500]),
    other: quote,
    then: byQuote,
    oneFirst: '201, 201, 200: canceled; 1 captured, 4499 returned',
    otherFirst: '201, 201, 409 quote_stale: active, term 1 until 2027-03-01; 1 captured, 0 returned',
  },
  {
    name: 'revoke × cancel',
    prepare: (racers) => Promise.all(racers.map(propose)),
    one: ({ paperId }) => risk(`/v1/revocations/${paperId}/approval`, {}, 'rolf'),
    other: ({ id }) => service.api.cancel(id),
    oneFirst: '200, 409 not_allowed_in_state: revoked; 1 captured, 0 returned',
    otherFirst: '409 not_allowed_in_state, 200: canceled; 1 captured, 4999 returned',
  },
  {
    name: 'suspension × charge',
    prepare: fallOverdue,
    one: retry,
    other: suspend,
    oneFirst: '200, 200: active, term 2 until 2028-02-29, suspended; 2 captured, 0 returned',
    otherFirst: '409 not_allowed_in_state, 200: past_due, term 1 until 2027-03-01, suspended; 1 captured, 0 returned',
    takenBack: '200, 200: past_due, term 1 until 2027-03-01, suspended; 1 captured, 0 returned',
  },
  {
    name: 'cancel × charge',
    prepare: fallOverdue,
    one: retry,
    other: ({ id }) => service.api.cancel(id),
    oneFirst: '200, 200: canceled; 2 captured, 4999 returned',
    otherFirst: '409 not_allowed_in_state, 200: canceled; 1 captured, 0 returned',
    takenBack: '200, 200: canceled; 1 captured, 0 returned',
  },
  {
    name: 'cancel × cancel: by the quote of a day before × without',
    prepare: async (racers) => {
      await service.api.clockBy('P99DT23H59M');
      await Promise.all(racers.map(quote));
      await service.api.clockBy('PT2M');
    },
    one: byQuote,
    other: ({ id }) => service.api.cancel(id),
    // 4999 × 266 / 365 = 3643.11, and 265 days left = 3629.41
    oneFirst: '200, 409 not_allowed_in_state: canceled; 1 captured, 3643 returned',
    otherFirst: '409 not_allowed_in_state, 200: canceled; 1 captured, 3629 returned',
  },
];

async function oneByOne(racer: Racer, acts: Act[]): Promise<Told[]> {
  const told: Told[] = [];
  for (const act of acts) told.push(await act(racer));
  return told;
}

/** Both wait before either is let go; who asked first goes first. */
async function atOnce(racer: Racer, acts: Act[], hold: string): Promise<Told[]> {
  const held = `
    with recursive held (pid) as (
      select pg_backend_pid()
      union select l.pid from pg_locks l join held on not l.granted and held.pid = any (pg_blocking_pids(l.pid)))
    select count(*)::int - 1 as waiting from held`;
  const gate = await service.database.connect();
  try {
    await gate.query('begin');
    await gate.query(hold);
    const told: Promise<Told>[] = [];
    for (const act of acts) {
      told.push(act(racer));
      const waits = async (): Promise<boolean> =>
        (await gate.query<{ waiting: number }>(held)).rows[0]?.waiting === told.length;
      await until('the act waits', waits);
    }
    await gate.query('commit');
    return await Promise.all(told);
  } finally {
    gate.release();
  }
}

const WAYS = [
  { go: oneByOne, turned: false },
  { go: oneByOne, turned: true },
  { go: atOnce, turned: false },
  { go: atOnce, turned: true },
];

it.each(RACES)('$name', async ({ name, begin = year, prepare, one, other, then, hold, ...fates }) => {
  const racers = WAYS.map((_, index) => ({ userId: `${name} ${index}`.replaceAll(/\W+/g, '-'), id: '', paperId: '' }));
  for (const racer of racers) racer.id = await begin(racer.userId);
  await prepare?.(racers);
  for (const [index, racer] of racers.entries()) {
    const { go, turned } = WAYS[index]!;
    const row = `select 1 from subscriptions where user_id = '${racer.userId}' for update`;
    const told = await go(racer, turned ? [other, one] : [one, other], hold ?? row);
    if (turned) told.reverse();
    if (then !== undefined) told.push(await then(racer));
    const words = told.map(({ status, body }) => [status, body.code].join(' ').trim());
    const id = racer.id === '' ? told.find(({ status }) => status === 201)?.body.id : racer.id;
    const fate = `${words.join(', ')}: ${await fateOf(service, id ?? '')}`;
    const { otherFirst, oneFirst, takenBack = oneFirst } = fates;
    if (turned) expect(fate).toBe(otherFirst);
    else expect(fate).toBe(go === atOnce ? takenBack : oneFirst);
  }
});
