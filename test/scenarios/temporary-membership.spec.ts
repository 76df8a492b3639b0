/**
 * A temporary membership's whole life (8.2): given by operations, nothing asked of the gateway, over at its end; and the
 * user is as new afterwards as before.
 */
import type { Answer, CallOptions, SubscriptionAnswer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';

const GRANT = { country: 'ES', days: 10, reason: 'a lost parcel' };

let service: Service;
beforeAll(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
afterAll(() => service.stop());

async function grant(
  user: string,
  change: Record<string, unknown> = {},
  options: CallOptions = {},
): Promise<Answer<SubscriptionAnswer & { errors?: { path: string }[] }>> {
  return service.api.call(
    'POST',
    `/v1/users/${user}/temporary-memberships`,
    { ...GRANT, ...change },
    { scope: 'operations', ...options },
  );
}

it('gives days of service without a fee and ends by itself; then a trial is still open', async () => {
  const { api, sandbox } = service;
  await api.goodStanding('guest');
  const given = await grant('guest', {}, { key: 'guest-1' });
  expect(given.status).toBe(201);
  expect(given.body).toMatchObject({
    status: 'active',
    autoRenewal: false,
    paymentMethod: null,
    nextChargeAt: null,
    nextTerm: null,
    agreementVersion: '2023-11-01',
    benefitsUntil: '2026-03-11T10:00:00.000Z',
    currentTerm: {
      number: 1,
      kind: 'temporary',
      startsAt: '2026-03-01T10:00:00.000Z',
      endsAt: '2026-03-11T10:00:00.000Z',
      price: null,
      chargeId: null,
      status: 'running',
    },
  });
  expect(given.body.contractingEntities).toHaveLength(1);
  const again = await grant('guest', {}, { key: 'guest-1' });
  expect([again.body.id, again.headers.get('idempotency-replayed')]).toEqual([given.body.id, 'true']);
  const { id } = given.body;
  const other = await grant('guest');
  expect([other.status, other.body.code]).toEqual([409, 'already_subscribed']);
  const bought = await api.subscribe('guest');
  expect([bought.status, bought.body.code]).toEqual([409, 'already_subscribed']);

  for (const refused of [
    await api.autoRenewal(id, true),
    await api.paymentMethod(id, 'pm_card_visa'),
    await api.call<SubscriptionAnswer>('POST', `/v1/subscriptions/${id}/early-renewal`, {}),
    await api.call<SubscriptionAnswer>('POST', `/v1/subscriptions/${id}/conversion-consent`, {}),
  ]) {
    expect([refused.status, refused.body.code]).toEqual([409, 'not_allowed_in_state']);
  }
  expect((await api.quote(id)).body).toMatchObject({ basis: 'none', refund: { amount: 0, currency: 'EUR' } });

  await api.clockTo('2026-03-11T09:59:59.999Z');
  expect((await api.entitlement('guest')).body).toMatchObject({ entitled: true, until: '2026-03-11T10:00:00.000Z' });
  expect(await api.clockTo('2026-03-11T10:00:00.000Z')).toMatchObject({ renew_term: 1 });
  expect((await api.entitlement('guest')).body.entitled).toBe(false);
  expect(await api.subscription(id)).toMatchObject({
    status: 'expired',
    endReason: 'temporary_ended',
    endedAt: '2026-03-11T10:00:00.000Z',
  });
  expect(await api.charges(id)).toEqual([]);
  expect(await api.refunds(id)).toEqual([]);
  expect(await sandbox.movements()).toEqual([]);
  expect((await api.events(id)).filter((event) => event !== 'refused')).toEqual([
    'subscription.temporary_started',
    'subscription.expired',
  ]);

  const offer = await api.call<{ trial: { available: boolean } }>('GET', '/v1/offers?country=ES&userId=guest');
  expect(offer.body.trial.available).toBe(true);
  const trial = await api.subscribe('guest', { startWith: 'trial' });
  expect([trial.status, trial.body.status, trial.body.previousSubscriptionId]).toEqual([201, 'trialing', id]);
});

it('can be given after a membership, with the residence of that one, and cancelled without a refund', async () => {
  const { api } = service;
  const { body: first } = await api.subscribe('former', { residenceCountry: 'KR' });
  await api.cancel(first.id);
  const { body } = await grant('former', { days: 1 });
  expect(body.previousSubscriptionId).toBe(first.id);
  expect(body.contractingEntities).toHaveLength(2);
  const canceled = await api.cancel(body.id);
  expect(canceled.body).toMatchObject({ subscription: { status: 'canceled' }, refunds: [] });
  // A paid term before it still counts.
  expect((await api.subscribe('former', { startWith: 'trial' })).body.code).toBe('trial_not_available');
});

it('gives one of many at a time', async () => {
  await service.api.goodStanding('many');
  const answers = await Promise.all([1, 2, 3, 4].map(() => grant('many')));
  expect(answers.map(({ status }) => status).sort()).toEqual([201, 409, 409, 409]);
});

it('refuses by standing and where nothing is sold', async () => {
  const unknown = await grant('stranger');
  expect([unknown.status, unknown.body.code]).toEqual([403, 'not_eligible']);
  await service.api.goodStanding('nowhere');
  const nowhere = await grant('nowhere', { country: 'PT' });
  expect([nowhere.status, nowhere.body.code]).toEqual([422, 'market_not_open']);
});

it.each([
  ['days', 0],
  ['days', -1],
  ['days', 1.5],
  ['days', '10'],
  ['days', 3651],
  ['country', 'es'],
  ['reason', ''],
  ['residenceCountry', 'XX'],
  ['startsAt', '2026-03-01T10:00:00.000Z'],
])('refuses %s %j and changes nothing', async (path, value) => {
  await service.api.goodStanding('bad');
  const { status, body } = await grant('bad', { [path]: value });
  expect([status, body.code, body.errors?.[0]?.path]).toEqual([422, 'validation_failed', path]);
  const { rowCount } = await service.database.query(`select 1 from subscriptions where user_id = 'bad'`);
  expect(rowCount).toBe(0);
});
