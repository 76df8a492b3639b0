/** Who may subscribe: every refusal in its order of precedence, and a hundred who try at once. */
import { audit } from '../support/auditor.js';
import { subscribeBody, type Answer, type SubscriptionAnswer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
afterAll(() => service.stop());

const subscribe = (userId: string, change: object = {}): Promise<Answer<SubscriptionAnswer>> =>
  service.api.call('POST', '/v1/subscriptions', { ...subscribeBody(userId), ...change });

async function standing(userId: string, word: string): Promise<void> {
  await service.api.call('PUT', `/v1/users/${userId}/standing`, { standing: word, reason: 'test' }, { scope: 'risk' });
}

it('lets one of a hundred parallel attempts through', async () => {
  const { api, sandbox } = service;
  await api.goodStanding('hundred');
  const answers = await Promise.all(Array.from({ length: 100 }, () => subscribe('hundred')));
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
  expect(answers.filter((answer) => answer.body.code === 'already_subscribed')).toHaveLength(99);
  const id = answers.find((answer) => answer.status === 201)?.body.id ?? '';
  expect(await sandbox.movementsOf(id)).toHaveLength(1);
}, 60_000);

it.each([
  ['unknown', null],
  ['integrity_violation', 'integrity_violation'],
  ['malicious', 'malicious'],
])('refuses a user of %s standing, and keeps the decision with its inputs', async (name, word) => {
  const user = `standing-${name}`;
  if (word !== null) await standing(user, word);
  expect(await subscribe(user)).toMatchObject({ status: 403, body: { code: 'not_eligible', clause: '3.1.1' } });
  const { rows } = await service.database.query(
    'select eligible, reason, inputs from eligibility_decisions where user_id = $1',
    [user],
  );
  expect(rows).toMatchObject([{ eligible: false, reason: word ?? 'unknown_user', inputs: { standing: word } }]);
  await standing(user, 'good');
  expect((await subscribe(user)).status).toBe(201);
});

it('names the first reason where several hold', async () => {
  const { api } = service;
  const everything = { country: 'IT', agreementVersion: 'old', startWith: 'trial' };
  expect(await subscribe('nobody', everything)).toMatchObject({
    status: 422,
    body: { code: 'market_not_open', clause: '1.5' },
  });
  expect(await subscribe('nobody', { ...everything, country: 'ES' })).toMatchObject({
    status: 403,
    body: { code: 'not_eligible' },
  });
  await api.goodStanding('member');
  const { id } = (await subscribe('member')).body;
  expect(await subscribe('member', { ...everything, country: 'ES' })).toMatchObject({
    status: 409,
    body: { code: 'already_subscribed' },
  });
  await api.cancel(id);
  expect(await subscribe('member', { ...everything, country: 'ES' })).toMatchObject({
    status: 409,
    body: { code: 'agreement_outdated', detail: expect.stringContaining('2023-11-01') as string },
  });
  expect(await subscribe('member', { startWith: 'trial' })).toMatchObject({
    status: 409,
    body: { code: 'trial_not_available' },
  });
  expect(await subscribe('member', { paymentMethod: 'pm_unknown' })).toMatchObject({
    status: 402,
    body: { code: 'payment_method_rejected' },
  });
  expect((await subscribe('member')).status).toBe(201);
});

it('sells one membership per market, and several to one user', async () => {
  await service.api.goodStanding('traveller');
  const answers = await Promise.all(['ES', 'FR', 'JP'].map((country) => subscribe('traveller', { country })));
  expect(answers.map((answer) => answer.status)).toEqual([201, 201, 201]);
  expect((await service.api.entitlement('traveller', 'JP')).body).toMatchObject({ entitled: true });
  expect((await service.api.entitlement('traveller', 'DE')).body).toMatchObject({
    entitled: false,
    reason: 'no_membership',
  });
});

it('answers at once with wait=0, and the payment goes on', async () => {
  const { api, sandbox } = service;
  await sandbox.faults({ latencyMs: 300 });
  const answer = await api.subscribe('hurried', {}, { waitSeconds: 0 });
  expect(answer).toMatchObject({ status: 201, body: { status: 'pending_payment', currentTerm: null } });
  await sandbox.faults({});
  await api.clockBy('PT1S');
  expect(await api.subscription(answer.body.id)).toMatchObject({ status: 'active' });
});

it('waits for a finding that is being recorded, and does not overtake it', async () => {
  const { api, database } = service;
  await api.goodStanding('judged');
  const risk = await database.connect();
  await risk.query('begin');
  await risk.query(`update standings set standing = 'integrity_violation' where user_id = 'judged'`);
  const joining = api.call('POST', '/v1/subscriptions', subscribeBody('judged'));
  await until('the sign-up waits', async () => {
    const { rowCount } = await database.query(`select from pg_locks where not granted`);
    return rowCount === 1;
  });
  await risk.query('commit');
  risk.release();
  expect(await joining).toMatchObject({ status: 403, body: { code: 'not_eligible', clause: '3.1.1' } });
  const { rowCount } = await database.query(`select from subscriptions where user_id = 'judged'`);
  expect(rowCount).toBe(0);
});
