/**
 * What members are told by mail: each notice once, readable, under one name; tried again on the promised schedule; and
 * the relay's answer as the proof without which nothing is charged. The relay is a real SMTP server.
 */
import { randomBytes } from 'node:crypto';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { addressOf, SendMail } from '../../src/notifications/send-mail.js';
import { Config, loadConfig } from '../../src/platform/config.js';
import { audit } from '../support/auditor.js';
import { MailRelay } from '../support/mail-relay.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';
import { WebhookReceiver } from '../support/webhook-receiver.js';

const START = '2026-03-01T10:00:00.000Z';
const TERM_END = '2027-03-01T10:00:00.000Z';
/** 40 calendar days before the term's end in Madrid. */
const TOLD_AT = '2027-01-20T10:00:00.000Z';
const SECRET = `whsec_${randomBytes(32).toString('base64')}`;
const FROM = 'VIP membership <billing@shop.example>';
const TO = '{userId}@members.shop.example';
const QUEUED = '250 OK: queued as 4Xy7';

interface Delivery {
  id: string;
  eventId: string;
  event: string;
  endpoint: string;
  status: string;
  attempts: number;
  nextAttemptAt: string | null;
  lastError: string | null;
  deliveredAt: string | null;
  answer: string | null;
}

interface Notice {
  kind: string;
  status: string;
  deliveredAt: string | null;
  eventId: string | null;
  content: { subject: string };
}

const operations = { scope: 'operations' } as const;

let relay: MailRelay;
let service: Service;
let markets: string;

beforeEach(async () => {
  relay = new MailRelay();
  await relay.start();
  markets = await mkdtemp(path.join(tmpdir(), 'vip-mail-'));
  await cp('markets', markets, { recursive: true });
});
afterEach(async () => {
  await relay.stop();
  await rm(markets, { recursive: true, force: true });
});

function mailSettings(): Partial<Config> {
  return { SMTP_URL: relay.url, MAIL_FROM: FROM, MAIL_TO: TO, LOG_LEVEL: 'silent' };
}

async function start(config: Partial<Config> = {}): Promise<void> {
  service = await startService({ startAt: START, config: { ...mailSettings(), MARKETS_DIR: markets, ...config } });
}

/** Spain demands a proven notice 10 to 45 days before a renewal. */
async function demandProof(): Promise<void> {
  const file = path.join(markets, 'ES.json');
  const json = JSON.parse(await readFile(file, 'utf8')) as { rulePacks: { numbers: Record<string, unknown> }[] };
  json.rulePacks[0]!.numbers.renewalRequiresNotice = { value: { minDays: 10, maxDays: 45 }, source: 'a test' };
  await writeFile(file, JSON.stringify(json));
}

async function deliveries(query: string): Promise<Delivery[]> {
  const at = `/v1/deliveries?limit=100&${query}`;
  return (await service.api.call<{ data: Delivery[] }>('GET', at, undefined, operations)).body.data;
}

async function notices(id: string): Promise<Notice[]> {
  return (await service.api.call<{ data: Notice[] }>('GET', `/v1/subscriptions/${id}/notices`)).body.data;
}

function replay(id: string): Promise<{ status: number; body: Delivery }> {
  return service.api.call('POST', `/v1/deliveries/${id}/replay`, {}, operations);
}

/** A membership whose first notice of renewal is due now. */
async function memberToldNow(userId = 'u1'): Promise<string> {
  const { id } = (await service.api.subscribe(userId)).body;
  await service.api.clockTo(TOLD_AT);
  return id;
}

describe('a notice', () => {
  beforeEach(() => start());
  afterEach(() => service.stop());

  it('arrives once as a letter, and the answer of the relay is its proof', async () => {
    const id = await memberToldNow();
    const [notice] = (await notices(id)).filter(({ status }) => status === 'delivered');
    expect(notice).toMatchObject({ kind: 'renewal_upcoming', deliveredAt: TOLD_AT });
    expect(relay.received).toMatchObject([
      {
        from: 'billing@shop.example',
        to: ['u1@members.shop.example'],
        headers: {
          from: FROM,
          to: 'u1@members.shop.example',
          subject: 'Your membership renews soon',
          'message-id': `<${notice?.eventId}@shop.example>`,
          'auto-submitted': 'auto-generated',
          'content-type': expect.stringMatching(/^text\/plain; charset=utf-8/) as string,
        },
        text: [
          'Your VIP membership (Spain) with Alibaba.com Singapore E-Commerce Private Limited renews on 1 March 2027 at 11:00 (Europe/Madrid); EUR 49.99 is then charged for 365 days.',
          'How to stop it: Turn auto-renewal off before then, and nothing is charged.',
          'Your VIP membership agreement with Alibaba.com Singapore E-Commerce Private Limited provides for this in clause 3.3.1. Please keep this message for your records.',
        ].join('\n\n'),
      },
    ]);
    expect(await deliveries(`eventId=${notice?.eventId}`)).toMatchObject([
      { endpoint: 'mail', event: 'notice.due', status: 'delivered', attempts: 1, deliveredAt: TOLD_AT, answer: QUEUED },
    ]);
    await service.api.clockBy('P10D');
    expect(relay.received).toHaveLength(1);
  });

  it('is the only event that is mailed', async () => {
    const { id } = (await service.api.subscribe('u1')).body;
    await service.api.cancel(id);
    await service.api.clockBy('PT0S');
    expect(relay.received.map(({ headers }) => headers.subject)).toEqual(['Your membership is canceled']);
    expect((await deliveries('')).map(({ event }) => event)).toEqual(['notice.due']);
  });

  it('that is put off is sent again after 5 s, 5 m, 30 m, 2 h, 5 h, 10 h and 10 h under one name, then by replay', async () => {
    const { api } = service;
    relay.replies = { message: 451 };
    const id = await memberToldNow();
    const times = [
      '20T10:00:05',
      '20T10:05:05',
      '20T10:35:05',
      '20T12:35:05',
      '20T17:35:05',
      '21T03:35:05',
      '21T13:35:05',
    ];
    for (const [index, time] of times.entries()) {
      const next = `2027-01-${time}.000Z`;
      expect(await deliveries('status=pending')).toMatchObject([
        { attempts: index + 1, nextAttemptAt: next, lastError: 'Message failed: 451 not today', deliveredAt: null },
      ]);
      await api.clockTo(next);
    }
    const [dead] = await deliveries('status=dead');
    expect(dead).toMatchObject({ attempts: 8, nextAttemptAt: null, answer: null });
    expect(await api.clockBy('P1D')).toEqual({});
    expect((await notices(id)).map(({ status }) => status).sort()).toEqual(['due', 'planned']);

    relay.replies = {};
    expect(await replay(dead!.id)).toMatchObject({ status: 200, body: { status: 'pending', attempts: 0 } });
    await api.clockBy('PT0S');
    expect(relay.received).toHaveLength(9);
    expect(new Set(relay.received.map(({ headers }) => headers['message-id'])).size).toBe(1);
    expect(await deliveries('status=dead')).toEqual([]);
    expect((await notices(id)).map(({ status }) => status).sort()).toEqual(['delivered', 'planned']);
  });

  it.each([
    ['recipient', 550, "Can't send mail - all recipients were rejected: 550 not today"],
    ['message', 554, 'Message failed: 554 not today'],
  ])(
    'whose %s is refused for good is a dead letter at once, until a person sends it again',
    async (what, code, error) => {
      relay.replies = { [what]: code };
      await memberToldNow();
      const [dead] = await deliveries('status=dead');
      expect(dead).toMatchObject({ endpoint: 'mail', attempts: 1, nextAttemptAt: null, lastError: error });
      expect(relay.recipients).toHaveLength(1);
      relay.replies = {};
      await replay(dead!.id);
      await service.api.clockBy('PT0S');
      expect(await deliveries('status=delivered')).toMatchObject([{ id: dead?.id, answer: QUEUED, lastError: null }]);
    },
  );

  it.each([
    ['login', 535, /Invalid login: 535/],
    ['sender', 550, /Mail command failed: 550/],
  ])('is tried again where the %s is refused: that is a setting, not the member', async (what, code, error) => {
    relay.replies = { [what]: code };
    await memberToldNow();
    expect(await deliveries('status=pending')).toMatchObject([
      { attempts: 1, lastError: expect.stringMatching(error) as string },
    ]);
    relay.replies = {};
    await service.api.clockBy('PT5S');
    expect(await deliveries('status=delivered')).toHaveLength(1);
  });

  it('waits for a relay that is down', async () => {
    await relay.stop();
    await memberToldNow();
    expect(await deliveries('status=pending')).toMatchObject([
      { attempts: 1, lastError: expect.stringContaining('ECONNREFUSED') as string },
    ]);
    await relay.start();
    await service.api.clockBy('PT5S');
    expect(relay.received).toHaveLength(1);
    expect(await deliveries('status=delivered')).toMatchObject([{ attempts: 2, answer: QUEUED }]);
  });

  it('that the relay never answers is tried again under the same name', async () => {
    relay.replies = { message: 'hang' };
    service.config.OUTGOING_TIMEOUT_MS = 2000;
    await memberToldNow();
    expect(await deliveries('status=pending')).toMatchObject([{ attempts: 1, lastError: 'no answer within 2000 ms' }]);
    service.config.OUTGOING_TIMEOUT_MS = 15_000;
    relay.replies = {};
    await service.api.clockBy('PT5S');
    expect(relay.received).toHaveLength(2);
    expect(relay.received[0]).toEqual({ ...relay.received[1], headers: expect.anything() as object });
    expect(relay.received[0]?.headers['message-id']).toBe(relay.received[1]?.headers['message-id']);
  });

  it('sent again keeps the proof it had, whatever comes of it', async () => {
    const id = await memberToldNow();
    const [told] = await deliveries('status=delivered');
    relay.replies = { recipient: 550 };
    await service.api.clockBy('P1D');
    await replay(told!.id);
    await service.api.clockBy('PT0S');
    expect(await deliveries('status=dead')).toMatchObject([{ id: told?.id, deliveredAt: TOLD_AT, answer: QUEUED }]);
    expect((await notices(id)).find(({ eventId }) => eventId === told?.eventId)?.deliveredAt).toBe(TOLD_AT);
  });

  it('goes to the address that the user id is written as, and to a person where there is none', async () => {
    await memberToldNow('Shop:7|a.b@c+d');
    expect(relay.recipients).toEqual(['Shop=3A7=7Ca=2Eb=40c=2Bd@members.shop.example']);
    const { id } = (await service.api.subscribe('x'.repeat(65))).body;
    await service.api.cancel(id);
    await service.api.clockBy('PT0S');
    expect(await deliveries('status=dead')).toMatchObject([
      { subscriptionId: id, attempts: 1, lastError: 'the user id is too long for an address: 65 of 64 characters' },
    ]);
    expect(relay.recipients).toHaveLength(1);
  });
});

describe('as proof', () => {
  let receiver: WebhookReceiver;

  beforeEach(async () => {
    await demandProof();
    receiver = new WebhookReceiver(SECRET);
    await receiver.start();
  });
  afterEach(async () => {
    expect(await audit(service.database, service.sandbox)).toEqual([]);
    await service.stop();
    await receiver.stop();
  });

  const withWebhook = (): Partial<Config> => ({
    OUTGOING_WEBHOOK_URL: receiver.url,
    OUTGOING_WEBHOOK_SECRET: SECRET,
  });

  async function expectHeld(id: string): Promise<void> {
    expect(await service.api.subscription(id)).toMatchObject({ status: 'expired', endReason: 'notice_missing' });
    expect(await service.sandbox.movementsOf(id)).toHaveLength(1);
    const cases = await service.api.call<{ data: object[] }>('GET', '/v1/cases', undefined, operations);
    expect(cases.body.data).toMatchObject([{ kind: 'renewal_notice_missing', subscriptionId: id }]);
  }

  async function expectRenewed(id: string): Promise<void> {
    expect(await service.api.subscription(id)).toMatchObject({ status: 'active', currentTerm: { number: 2 } });
    expect(await service.sandbox.movementsOf(id)).toHaveLength(2);
  }

  it('mail alone lets a renewal be charged', async () => {
    await start();
    const id = await memberToldNow();
    await service.api.clockTo(TERM_END);
    await expectRenewed(id);
  });

  it('a mail that came too late holds the renewal, as one that never came', async () => {
    await start();
    relay.replies = { message: 451 };
    const id = await memberToldNow();
    // The window ends with the day that lies ten calendar days before the term's end, 19 February in Madrid.
    await service.api.clockTo('2027-02-19T23:00:00.000Z');
    relay.replies = {};
    const [dead] = await deliveries('status=dead');
    await replay(dead!.id);
    await service.api.clockTo(TERM_END);
    expect((await notices(id)).filter(({ status }) => status === 'delivered')).toHaveLength(2);
    await expectHeld(id);
  });

  it('a replay in the last instant of the window releases the renewal', async () => {
    await start();
    relay.replies = { recipient: 550 };
    const id = await memberToldNow();
    await service.api.clockTo('2027-02-19T22:59:59.999Z');
    relay.replies = {};
    const [dead] = await deliveries('status=dead');
    await replay(dead!.id);
    await service.api.clockTo(TERM_END);
    await expectRenewed(id);
  });

  it('a program that took the webhook is none where the member is told by mail', async () => {
    await start(withWebhook());
    relay.replies = { recipient: 550 };
    const id = await memberToldNow();
    expect(receiver.of(id).map(({ type }) => type)).toContain('notice.due');
    expect((await notices(id)).map(({ status }) => status).sort()).toEqual(['due', 'planned']);
    await service.api.clockTo(TERM_END);
    await expectHeld(id);
  });

  it('a mail is one, whatever the webhook does', async () => {
    await start(withWebhook());
    receiver.behave = () => 500;
    const id = await memberToldNow();
    await service.api.clockTo(TERM_END);
    await expectRenewed(id);
  });

  it('the consent a market needs is asked for by mail, and silence charges nothing', async () => {
    await start();
    const korea = { country: 'KR', residenceCountry: 'KR', startWith: 'trial' };
    const { id } = (await service.api.subscribe('u1', korea)).body;
    await service.api.clockBy('P30D');
    expect(relay.received.map(({ headers }) => headers.subject)).toContain('Please confirm your paid membership');
    const asked = relay.received.find(({ headers }) => headers.subject?.startsWith('Please confirm'));
    expect(asked?.text).toMatch(
      / on 31 March 2026 at 19:00 \(Asia\/Seoul\); KRW [\d,]+ is charged only if you agree\./,
    );
    expect(await service.api.subscription(id)).toMatchObject({ status: 'expired', endReason: 'consent_missing' });
    expect(await service.sandbox.movementsOf(id)).toEqual([]);
  });
});

it('closes its connections when the service stops', async () => {
  await start();
  await memberToldNow();
  expect(relay.connections).toBe(1);
  await service.stop();
  await until('the end of the connection', () => Promise.resolve(relay.connections === 0));
});

it('never holds up webhooks when the relay hangs, and asks it for 20 mails at once at most', async () => {
  const receiver = new WebhookReceiver(SECRET);
  await receiver.start();
  relay.replies = { message: 'hang' };
  await start({ OUTGOING_WEBHOOK_URL: receiver.url, OUTGOING_WEBHOOK_SECRET: SECRET, OUTGOING_TIMEOUT_MS: 20_000 });
  await service.database.query(
    `with told as (insert into outbox_events (id, event, occurred_at, data)
       select gen_random_uuid(), 'notice.due', '${START}',
         '{"userId": "u1", "facts": {"subject": "s", "text": "t", "clause": "3.3.1", "howToStop": null, "companies": ["A"]}}'
       from generate_series(1, 250) returning id)
     insert into deliveries (id, event_id, endpoint, status, next_attempt_at)
     select gen_random_uuid(), id, 'mail', 'pending', '${START}' from told`,
  );
  const claimed = async (): Promise<number | undefined> => {
    const { rows } = await service.database.query<{ count: number }>(
      `select count(*)::int as count from deliveries where endpoint = 'mail' and claimed_until > clock_timestamp()`,
    );
    return rows[0]?.count;
  };
  await until('20 hanging mails', async () => (await claimed()) === 20);
  const { id } = (await service.api.subscribe('u1')).body;
  await until('both webhooks', () => Promise.resolve(receiver.of(id).length === 2));
  expect(await claimed()).toBe(20);
  await relay.stop();
  await service.stop();
  await receiver.stop();
  await relay.start();
});

it('says nothing to a relay in the clear in production, not even its password, unless its URL allows it', async () => {
  const production = Object.assign(new Config(), mailSettings(), { NODE_ENV: 'production' });
  const event = { data: { userId: 'u1', facts: { subject: 's', text: 't', companies: [] } } };
  const send = async (config: Config): Promise<string> => {
    const sender = new SendMail(config);
    return sender.send({ eventId: 'e1', event } as never).finally(() => sender.onApplicationShutdown());
  };
  await expect(send(production)).rejects.toThrow(/STARTTLS/);
  expect(relay.logins).toEqual([]);
  expect(await send({ ...production, SMTP_URL: `${relay.url}/?requireTLS=false` })).toBe(QUEUED);
});

describe('an address', () => {
  it.each([
    ['u1', 'u1@members.shop.example'],
    ['01932a4e-1234-7abc-8123-123456789abc', '01932a4e-1234-7abc-8123-123456789abc@members.shop.example'],
    ['A_b-9', 'A_b-9@members.shop.example'],
    ['-oQ', '=2DoQ@members.shop.example'],
    ['.a..b.', '=2Ea=2E=2Eb=2E@members.shop.example'],
    ['a@evil.example', 'a=40evil=2Eexample@members.shop.example'],
    ['a+b', 'a=2Bb@members.shop.example'],
    ['a=2Bb', 'a=3D2Bb@members.shop.example'],
    ['a>\r\nRCPT TO:<b', 'a=3E=0D=0ARCPT=20TO=3A=3Cb@members.shop.example'],
    ['$&', '=24=26@members.shop.example'],
    ['x'.repeat(64), `${'x'.repeat(64)}@members.shop.example`],
  ])('of %j is %s', (userId, address) => {
    expect(addressOf(userId, TO)).toBe(address);
  });

  it('stands where the pattern says', () => {
    expect(addressOf('u:1', 'vip+{userId}@shop.example')).toBe('vip+u=3A1@shop.example');
  });

  it.each([['x'.repeat(65)], ['.'.repeat(22)]])('of %s is none: it would be too long', (userId) => {
    expect(() => addressOf(userId, TO)).toThrow(/too long for an address: 6[56] of 64/);
  });
});

describe('its settings', () => {
  const good = { SMTP_URL: 'smtps://user:p%40ss@relay.internal:465', MAIL_FROM: FROM, MAIL_TO: TO };

  it('are taken together', () => {
    expect(loadConfig(good)).toMatchObject(good);
    expect(loadConfig({ ...good, MAIL_FROM: 'billing@shop.internal' }).MAIL_FROM).toBe('billing@shop.internal');
  });

  it('are refused all at once', () => {
    const bad = { MAIL_TO: 'members@shop.example', SMTP_URL: 'http://relay', PORT: 'many' };
    for (const fault of ['MAIL_TO must be', 'SMTP_URL must be', 'MAIL_FROM is needed', 'PORT must']) {
      expect(() => loadConfig(bad)).toThrow(`- ${fault}`);
    }
  });

  it.each<[string, string, Record<string, string>]>([
    ['SMTP_URL', 'is needed', { SMTP_URL: '' }],
    ['MAIL_FROM', 'is needed', { MAIL_FROM: '' }],
    ['MAIL_TO', 'is needed', { MAIL_TO: '' }],
    ['SMTP_URL', 'must be a URL', { SMTP_URL: 'relay.internal' }],
    ['SMTP_URL', 'must be a URL', { SMTP_URL: 'https://relay.internal' }],
    ['MAIL_FROM', 'must be an email', { MAIL_FROM: 'billing' }],
    ['MAIL_FROM', 'must be an email', { MAIL_FROM: 'a@shop.example, b@shop.example' }],
    ['MAIL_FROM', 'must be an email', { MAIL_FROM: 'a@shop.example\r\nBcc: b@shop.example' }],
    ['MAIL_TO', 'must be an address', { MAIL_TO: 'members@shop.example' }],
    ['MAIL_TO', 'must be an address', { MAIL_TO: '{userId}' }],
    ['MAIL_TO', 'must be an address', { MAIL_TO: 'u@{userId}.example' }],
    ['MAIL_TO', 'must be an address', { MAIL_TO: '{userId}.{userId}@shop.example' }],
    ['MAIL_TO', 'must be an address', { MAIL_TO: 'a@shop.example,{userId}@shop.example' }],
    ['MAIL_TO', 'must be an address', { MAIL_TO: 'Member <{userId}@shop.example>' }],
  ])('are refused: %s %s with %j', (key, fault, change) => {
    expect(() => loadConfig({ ...good, ...change })).toThrow(`- ${key} ${fault}`);
  });
});
