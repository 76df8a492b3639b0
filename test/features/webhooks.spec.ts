/** What the gateway tells us: only signed and fresh words count, each once, and never more than the gateway confirms. */
import { createHmac, randomUUID } from 'node:crypto';
import { waitUntil } from '../../src/platform/time/wait.js';
import { subscribeBody, type Answer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ config: { GATEWAY_TIMEOUT_MS: 300 } });
});
afterEach(() => service.sandbox.faults({}));
afterAll(() => service.stop());

interface Sent {
  /** Added to now; negative = sent in the past. */
  offSeconds?: number;
  secret?: string;
  header?: string;
}

function event(type: string, object: object, id = `evt_${randomUUID()}`): { id: string; text: string } {
  return { id, text: JSON.stringify({ id, object: 'event', type, data: { object } }) };
}

/** An offset keeps its distance: an old time is rounded to be as fresh as it says, a future one as well. */
function signature(text: string, { offSeconds = 0, secret = service.config.STRIPE_WEBHOOK_SECRET }: Sent): string {
  const nowSeconds = Date.now() / 1000;
  const inside = Math.abs(offSeconds) <= 300;
  const at = (offSeconds < 0 === inside ? Math.ceil(nowSeconds) : Math.floor(nowSeconds)) + offSeconds;
  return `t=${at},v1=${createHmac('sha256', secret).update(`${at}.${text}`).digest('hex')}`;
}

function deliver(text: string, sent: Sent = {}): Promise<Answer> {
  const header = sent.header ?? signature(text, sent);
  const headers: Record<string, string> = header === '' ? {} : { 'stripe-signature': header };
  return service.api.call('POST', '/v1/webhooks/stripe', text, { token: null, headers });
}

async function kept(id: string): Promise<{ type: string; applied: boolean }[]> {
  const query = 'select type, applied_at is not null as applied from gateway_events where gateway_event_id = $1';
  return (await service.database.query<{ type: string; applied: boolean }>(query, [id])).rows;
}

async function applied(id: string): Promise<void> {
  expect(await waitUntil(async () => (await kept(id))[0]?.applied ?? false, 10_000)).toBe(true);
}

async function reference(subscriptionId: string): Promise<string> {
  const { rows } = await service.database.query<{ reference: string }>(
    'select reference from gateway_requests where subscription_id = $1',
    [subscriptionId],
  );
  return rows[0]!.reference;
}

describe('an event is refused and not kept', () => {
  const { id, text } = event('payment_intent.succeeded', { id: 'pi_1' });
  const cases: [string, () => Sent][] = [
    ['without a signature', () => ({ header: '' })],
    ['with half a signature', () => ({ header: `t=${Math.floor(Date.now() / 1000)}` })],
    ['with a signature that is none', () => ({ header: 'garbage' })],
    ['signed with another secret', () => ({ secret: 'whsec_of_someone_else' })],
    ['signed over another body', () => ({ header: signature(`${text} `, {}) })],
    ['301 s old', () => ({ offSeconds: -301 })],
    ['301 s in the future', () => ({ offSeconds: 301 })],
    ['without a time', () => ({ header: signature(text, {}).replace(/t=\d+,/, '') })],
    ['with the time of another', () => ({ header: signature(text, {}).replace(/t=\d+/, 't=1') })],
  ];

  it.each(cases)('%s', async (_, sent) => {
    const answer = await deliver(text, sent());
    expect(answer).toMatchObject({ status: 400, body: { code: 'webhook_signature_invalid', status: 400 } });
    expect(await kept(id)).toEqual([]);
  });

  it('when it is larger than any event', async () => {
    const large = event('payment_intent.succeeded', { id: 'pi_1', padding: 'x'.repeat(300_000) });
    expect(await deliver(large.text)).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
    expect(await kept(large.id)).toEqual([]);
  });

  it.each([
    '',
    'null',
    '[]',
    '{',
    '{}',
    '"text"',
    '{"id":"evt_half"}',
    '{"id":"evt_null","type":"x","data":{"object":null}}',
    '{"id":17,"type":{},"data":null}',
  ])('when it is signed but no event: %j', async (broken) => {
    const answer = await deliver(broken);
    expect(answer).toMatchObject({ status: 400, body: { status: 400 } });
  });
});

it.each([-299, 299])('is taken %i s away from now', async (offSeconds) => {
  const { id, text } = event('customer.created', { id: 'cus_1' });
  expect(await deliver(text, { offSeconds })).toMatchObject({ status: 200, body: { received: true } });
  await applied(id);
});

it.each([
  ['an unknown type', 'treasury.balloon_inflated', { id: 'ball_1' }],
  ['an unknown reference', 'payment_intent.succeeded', { id: 'pi_x', metadata: { reference: 'charge-of-nobody' } }],
  ['no metadata', 'refund.failed', { id: 're_x', metadata: null }],
  ['an object without an id', 'balance.available', { object: 'balance' }],
])('keeps and answers %s', async (_, type, object) => {
  const { id, text } = event(type, object);
  expect((await deliver(text)).status).toBe(200);
  await applied(id);
  expect(await kept(id)).toEqual([{ type, applied: true }]);
});

it('applies an event once however often it comes', async () => {
  await service.sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
  const { body } = await service.api.subscribe('five-times', {}, { waitSeconds: 0 });
  const decided = async (status: string): Promise<boolean> =>
    (await service.api.charges(body.id))[0]?.status === status;
  expect(await waitUntil(() => decided('unknown'), 10_000)).toBe(true);

  const metadata = { reference: await reference(body.id) };
  const { id, text } = event('payment_intent.succeeded', { id: 'pi_five', metadata });
  const answers = await Promise.all(Array.from({ length: 5 }, () => deliver(text)));
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  await applied(id);
  expect((await deliver(text)).status).toBe(200);

  expect(await kept(id)).toEqual([{ type: 'payment_intent.succeeded', applied: true }]);
  expect(await service.api.subscription(body.id)).toMatchObject({ status: 'active', currentTerm: { number: 1 } });
  expect(await service.api.charges(body.id)).toMatchObject([{ status: 'succeeded', attempts: [{ number: 1 }] }]);
  expect(await service.sandbox.movementsOf(body.id)).toMatchObject([{ type: 'capture', amount: 4999 }]);
  expect((await service.api.events(body.id)).filter((name) => name === 'charge.succeeded')).toHaveLength(1);
});

it.each([
  ['waits for the member', 'pm_card_authenticationRequired', 'pending_payment'],
  ['was declined', 'pm_card_chargeDeclined', 'abandoned'],
])('believes no claim of success while the gateway itself says the payment %s', async (_, paymentMethod, status) => {
  const user = `claimed-${status}`;
  await service.api.goodStanding(user);
  await service.api.call('POST', '/v1/subscriptions', { ...subscribeBody(user), paymentMethod });
  const list = await service.api.call<{ data: { id: string }[] }>('GET', `/v1/subscriptions?userId=${user}`);
  const id = list.body.data[0]!.id;
  const state = async (): Promise<object> => ({
    subscription: await service.api.subscription(id),
    charges: await service.api.charges(id),
    events: await service.api.events(id),
  });
  const before = await state();
  expect(before).toMatchObject({ subscription: { status, currentTerm: null } });

  const metadata = { reference: await reference(id) };
  const claim = event('payment_intent.succeeded', { id: 'pi_claimed', status: 'succeeded', metadata });
  expect((await deliver(claim.text)).status).toBe(200);
  await applied(claim.id);
  expect(await state()).toEqual(before);
  expect(await service.sandbox.movementsOf(id)).toEqual([]);
});
