/** What members are told before they are charged, with proof; and what is not charged when it was not told. */
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const START = '2026-03-01T10:00:00.000Z';
const TERM_END = '2027-03-01T10:00:00.000Z';
const SECRET = `whsec_${randomBytes(24).toString('base64')}`;

interface Notice {
  id: string;
  kind: string;
  status: string;
  daysBefore: number | null;
  dueAt: string;
  givenAt: string | null;
  deliveredAt: string | null;
  eventId: string | null;
  content: { amount: { amount: number; currency: string } | null; date: string; howToStop: string; clause: string };
}

let receiver: WebhookReceiver;
let service: Service;
let markets: string;

/** Starts with an endpoint that takes everything; `demands` is the proof that Spain asks for. */
async function start(demands?: { minDays: number; maxDays: number }): Promise<void> {
  if (demands !== undefined) {
    const file = path.join(markets, 'ES.json');
    const json = JSON.parse(await readFile(file, 'utf8')) as { rulePacks: { numbers: Record<string, unknown> }[] };
    json.rulePacks[0]!.numbers.renewalRequiresNotice = { value: demands, source: 'a test' };
    await writeFile(file, JSON.stringify(json));
  }
  service = await startService({
    startAt: START,
    config: {
      OUTGOING_WEBHOOK_URL: receiver.url,
      OUTGOING_WEBHOOK_SECRET: SECRET,
      MARKETS_DIR: markets,
      LOG_LEVEL: 'silent',
    },
  });
}

beforeEach(async () => {
  receiver = new WebhookReceiver(SECRET);
  await receiver.start();
  markets = await mkdtemp(path.join(tmpdir(), 'vip-notices-'));
  await cp('markets', markets, { recursive: true });
});
afterEach(async () => {
  expect(receiver.forged).toEqual([]);
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  await service.stop();
  await receiver.stop();
  await rm(markets, { recursive: true, force: true });
});

/** Oldest first. */
async function notices(id: string): Promise<Notice[]> {
  const { body } = await service.api.call<{ data: Notice[] }>('GET', `/v1/subscriptions/${id}/notices?limit=100`);
  return body.data.reverse();
}

async function brief(id: string): Promise<string[]> {
  return (await notices(id)).map(({ kind, daysBefore, status }) => `${kind} ${daysBefore ?? 'now'} ${status}`).sort();
}

async function publish(amount: number, effectiveFrom: string): Promise<void> {
  await service.database.query(
    `insert into prices (id, country, amount_minor, currency, published_at, effective_from, source)
     values (gen_random_uuid(), 'ES', $1, 'EUR', (select now_at from test_clock), $2, 'test')`,
    [amount, effectiveFrom],
  );
  await service.api.clockBy('PT0S');
}

it('announces the end of a trial 7 and 3 calendar days before, with proof, and the renewal 40 and 7', async () => {
  await start();
  const { api } = service;
  const { id } = (await api.subscribe('u1', { startWith: 'trial' })).body;
  expect(await notices(id)).toMatchObject([
    // 12:00 in Madrid, the day before and the day of the change to summer time.
    { kind: 'trial_ending', daysBefore: 7, status: 'planned', dueAt: '2026-03-24T11:00:00.000Z', deliveredAt: null },
    { kind: 'trial_ending', daysBefore: 3, status: 'planned', dueAt: '2026-03-28T11:00:00.000Z', eventId: null },
  ]);
  expect(await api.clockTo('2026-03-24T10:59:59.999Z')).toEqual({});
  expect(await api.clockTo('2026-03-24T11:00:00.000Z')).toEqual({ give_notice: 1 });
  const told = receiver.of(id).filter((event) => event.type === 'notice.due');
  expect(told).toHaveLength(1);
  expect(told[0]?.data).toMatchObject({
    userId: 'u1',
    clause: '3.2.1',
    facts: {
      kind: 'trial_ending',
      amount: { amount: 4999, currency: 'EUR' },
      date: '2026-03-31T10:00:00.000Z',
      howToStop: expect.stringContaining('auto-renewal') as string,
    },
  });
  expect((await notices(id))[0]).toMatchObject({
    status: 'delivered',
    givenAt: '2026-03-24T11:00:00.000Z',
    deliveredAt: '2026-03-24T11:00:00.000Z',
    eventId: told[0]?.webhookId,
  });
  await api.clockTo('2026-03-31T10:00:00.000Z');
  expect(await brief(id)).toEqual([
    'renewal_upcoming 40 planned',
    'renewal_upcoming 7 planned',
    'trial_ending 3 delivered',
    'trial_ending 7 delivered',
  ]);
  expect(await api.clockTo('2027-03-31T09:59:59.999Z')).toEqual({ give_notice: 2 });
  expect(await brief(id)).toContain('renewal_upcoming 40 delivered');
});

it('cancels what is planned when nothing will be charged, and makes up for it when it will be again', async () => {
  await start();
  const { api } = service;
  const { id } = (await api.subscribe('u1')).body;
  await api.autoRenewal(id, false);
  expect(await brief(id)).toEqual(['renewal_upcoming 40 canceled', 'renewal_upcoming 7 canceled']);
  await api.clockTo('2027-02-01T10:00:00.000Z');
  await api.autoRenewal(id, true);
  expect(await brief(id)).toEqual([
    expect.stringMatching(/^renewal_upcoming 40 (due|delivered)$/),
    'renewal_upcoming 7 planned',
  ]);
  await api.cancel(id);
  await api.clockBy('PT0S');
  expect(await brief(id)).toEqual([
    'cancellation_receipt now delivered',
    'renewal_upcoming 40 delivered',
    'renewal_upcoming 7 canceled',
  ]);
  // 4999 × 28 / 365 = 383.49
  expect((await notices(id)).at(-1)?.content).toMatchObject({ amount: { amount: 383 }, howToStop: null });
});

it('asks for the consent a market needs, until it is given', async () => {
  await start();
  const { api } = service;
  const korea = { country: 'KR', residenceCountry: 'KR', startWith: 'trial' };
  const silent = (await api.subscribe('silent', korea)).body;
  const willing = (await api.subscribe('willing', korea)).body;
  await api.call('POST', `/v1/subscriptions/${willing.id}/conversion-consent`, {});
  expect(await brief(willing.id)).toContain('consent_request 7 canceled');
  await api.clockBy('P30D');
  expect(await brief(silent.id)).toContain('consent_request 7 delivered');
  expect(await brief(willing.id)).toContain('trial_ending 7 delivered');
});

it('tells a member whose payment failed', async () => {
  await start();
  const { api, database } = service;
  const { id } = (await api.subscribe('u1')).body;
  await database.query(`update mandates set gateway_method_id = 'pm_card_chargeDeclined' where subscription_id = $1`, [
    id,
  ]);
  await api.clockTo(TERM_END);
  const failed = (await notices(id)).filter((notice) => notice.kind === 'payment_failed');
  expect(failed).toMatchObject([{ content: { amount: { amount: 4999 }, clause: '5.1' } }]);
  await api.clockBy('P1D');
  expect((await brief(id)).filter((one) => one.startsWith('payment_failed'))).toEqual(['payment_failed now delivered']);
});

it('announces a changed price again, and charges it when that was 30 days before', async () => {
  await start();
  const { api } = service;
  const { id } = (await api.subscribe('u1')).body;
  await api.clockTo('2027-01-25T10:00:00.000Z');
  await publish(5999, '2027-02-26T10:00:00.000Z');
  expect(await brief(id)).toEqual([
    'price_change now delivered',
    'renewal_upcoming 40 delivered',
    'renewal_upcoming 7 planned',
  ]);
  await api.clockTo(TERM_END);
  const changed = (await notices(id)).filter((notice) => notice.content.amount?.amount === 5999);
  expect(changed.map((notice) => notice.kind)).toEqual(expect.arrayContaining(['price_change', 'renewal_upcoming']));
  expect((await api.subscription(id)).currentTerm).toMatchObject({ number: 2, price: { amount: 5999 } });
});

it('charges the old price when the rise was published too late to tell, and a fall always', async () => {
  await start();
  const { api } = service;
  const { id } = (await api.subscribe('u1')).body;
  await api.clockTo('2027-02-10T10:00:00.000Z');
  await publish(5999, '2027-02-26T10:00:00.000Z');
  expect(await brief(id)).not.toContain('price_change now delivered');
  await api.clockTo(TERM_END);
  expect((await api.subscription(id)).currentTerm).toMatchObject({ number: 2, price: { amount: 4999 } });
  await publish(4499, '2027-03-02T10:00:00.000Z');
  await api.clockTo('2028-02-29T10:00:00.000Z');
  expect((await api.subscription(id)).currentTerm).toMatchObject({ number: 3, price: { amount: 4499 } });
});

it('tells each member that the market ends, instead of what will not be charged, and at the end what goes back', async () => {
  await start();
  const { api } = service;
  const paid = (await api.subscribe('paid')).body;
  const elsewhere = (await api.subscribe('elsewhere', { country: 'FR' })).body;
  await api.clockTo('2027-01-25T10:00:00.000Z');
  const trial = (await api.subscribe('trial', { startWith: 'trial' })).body;
  const operations = async (path: string, subject: string, body: object): Promise<number> => {
    const token = await api.token('operations', subject);
    return (await api.call('POST', `/v1/markets/ES/discontinuation${path}`, body, { token })).status;
  };
  const effectiveAt = '2027-02-19T10:00:00.000Z';
  expect(await operations('', 'olga', { reason: 'the service ends', effectiveAt })).toBe(201);
  await api.clockBy('PT0S');
  const told = ['market_ending now delivered', 'renewal_upcoming 40 delivered', 'renewal_upcoming 7 canceled'];
  expect(await brief(paid.id)).toEqual(told);
  expect(await brief(trial.id)).toEqual([
    'market_ending now delivered',
    'trial_ending 3 canceled',
    'trial_ending 7 canceled',
  ]);
  expect(await brief(elsewhere.id)).toEqual(['renewal_upcoming 40 delivered', 'renewal_upcoming 7 planned']);
  const heard = receiver.of(paid.id).filter(({ data }) => data.facts.kind === 'market_ending');
  expect(heard).toMatchObject([
    { type: 'notice.due', data: { clause: '5.4', facts: { date: effectiveAt, amount: null } } },
  ]);

  await api.autoRenewal(paid.id, false);
  await api.autoRenewal(paid.id, true);
  await publish(3999, '2027-02-26T10:00:00.000Z');
  expect(await brief(paid.id)).toEqual(told);

  expect([await operations('/approvals', 'olga', {}), await operations('/approvals', 'omar', {})]).toEqual([200, 200]);
  await api.clockTo(effectiveAt);
  expect(await brief(paid.id)).toContain('market_ended now delivered');
  // 4999 × 10 / 365 = 136.96
  expect((await notices(paid.id)).at(-1)?.content).toMatchObject({ amount: { amount: 137 }, clause: '5.4' });
  expect((await notices(trial.id)).at(-1)?.content).toMatchObject({ amount: { amount: 0 }, date: effectiveAt });
  expect((await brief(trial.id)).filter((one) => one.startsWith('market_ending'))).toHaveLength(1);
  expect(await brief(elsewhere.id)).toEqual(['renewal_upcoming 40 delivered', 'renewal_upcoming 7 planned']);
});

describe('where the market demands a proven notice', () => {
  it('renews when an endpoint took it inside the window', async () => {
    await start({ minDays: 10, maxDays: 30 });
    const { api } = service;
    const { id } = (await api.subscribe('u1')).body;
    await api.clockTo(TERM_END);
    expect(await brief(id)).toContain('renewal_upcoming 30 delivered');
    expect(await api.subscription(id)).toMatchObject({ status: 'active', currentTerm: { number: 2 } });
  });

  it('holds the charge, opens a case and ends unpaid when nobody took it', async () => {
    await start({ minDays: 10, maxDays: 45 });
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('u1')).body;
    receiver.behave = () => 500;
    await api.clockTo(TERM_END);
    expect(await api.subscription(id)).toMatchObject({
      status: 'expired',
      endReason: 'notice_missing',
      endedAt: TERM_END,
    });
    expect(await sandbox.movementsOf(id)).toHaveLength(1);
    const cases = await api.call<{ data: { kind: string }[] }>('GET', '/v1/cases', undefined, { scope: 'operations' });
    expect(cases.body.data).toMatchObject([{ kind: 'renewal_notice_missing', subscriptionId: id }]);
  });
});
