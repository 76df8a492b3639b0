/** The next term bought early: it waits, starts without a second charge, or goes back in full; and both orders of every race. */
import { audit } from '../support/auditor.js';
import type { Answer, SubscriptionAnswer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';

const END = '2027-03-01T10:00:00.000Z';
const LAST_MS = '2027-03-01T09:59:59.999Z';
let service: Service;

beforeEach(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterEach(async () => {
  await service.sandbox.faults({});
  await service.api.clockBy('PT1H');
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  await service.stop();
});

const buy = (id: string, waitSeconds = 10): Promise<Answer<SubscriptionAnswer>> =>
  service.api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {}, { waitSeconds });
const withdraw = (
  id: string,
): Promise<Answer<{ subscription: SubscriptionAnswer; refunds: object[]; code?: string }>> =>
  service.api.call('POST', `/v1/subscriptions/${id}/early-renewal/cancellation`, {});

it('waits as a prepaid term and starts at the old end without a second charge', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  await api.clockTo('2026-12-01T10:00:00.000Z');
  const bought = await buy(id);
  expect(bought).toMatchObject({
    status: 201,
    body: {
      status: 'active',
      currentTerm: { number: 1, status: 'running' },
      nextTerm: { number: 2, startsAt: END, endsAt: '2028-02-29T10:00:00.000Z', status: 'waiting' },
    },
  });
  expect(await buy(id)).toMatchObject({ status: 409, body: { code: 'next_term_already_bought', clause: '3.3.1' } });
  expect((await api.entitlement('m1')).body).toMatchObject({ entitled: true, reason: 'member' });
  expect(await api.clockTo(LAST_MS)).toEqual({});
  expect(await api.clockTo(END)).toEqual({ begin_term: 1 });
  expect(await api.subscription(id)).toMatchObject({ currentTerm: { number: 2, status: 'running' }, nextTerm: null });
  expect(await api.charges(id)).toHaveLength(2);
  expect(await withdraw(id)).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state' } });
  expect(await api.clockTo('2028-02-29T10:00:00.000Z')).toEqual({ give_notice: 2, renew_term: 1 });
  expect(await api.events(id)).toEqual([
    ...['subscription.requested', 'charge.opened', 'charge.succeeded', 'subscription.activated'],
    ...['charge.opened', 'charge.succeeded', 'next_term.bought', 'refused', 'subscription.renewed', 'refused'],
    ...['notice.due', 'notice.due', 'charge.opened', 'charge.succeeded', 'subscription.renewed'],
  ]);
});

it('goes back in full until the last moment before it starts, and the term is renewed in the ordinary way', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  await buy(id);
  await api.clockTo(LAST_MS);
  expect(await withdraw(id)).toMatchObject({
    status: 200,
    body: {
      subscription: { nextTerm: null },
      refunds: [{ amount: 4999, basis: 'full', clause: '3.3.1', status: 'succeeded' }],
    },
  });
  expect(await withdraw(id)).toMatchObject({ status: 409 });
  expect(await api.clockTo(END)).toEqual({ renew_term: 1 });
  expect(await api.subscription(id)).toMatchObject({ status: 'active', currentTerm: { startsAt: END } });
  expect(await api.charges(id)).toHaveLength(3);
});

it('can be bought again after it was withdrawn, or declined', async () => {
  const { api, database } = service;
  const { id } = (await api.subscribe('m1')).body;
  const method = (await api.subscription(id)).paymentMethod.token;
  const setMethod = (token: string): Promise<unknown> =>
    database.query(`update mandates set gateway_method_id = $1 where status = 'valid'`, [token]);
  await setMethod('pm_card_chargeDeclinedInsufficientFunds');
  expect(await buy(id)).toMatchObject({ status: 402, body: { code: 'payment_declined' } });
  expect(await api.subscription(id)).toMatchObject({ status: 'active', nextTerm: null, nextChargeAt: END });
  await setMethod(method);
  expect((await buy(id)).status).toBe(201);
  expect((await withdraw(id)).status).toBe(200);
  expect((await buy(id)).body.nextTerm).toMatchObject({ startsAt: END });
});

it('goes back less the compensation that was paid from it, and nothing where that was all', async () => {
  const { api } = service;
  for (const [compensation, refunds] of [
    [100, [{ amount: 4899, basis: 'full', clause: '3.3.1', status: 'succeeded' }]],
    [4999, []],
  ] as const) {
    const { id } = (await api.subscribe(`compensated-${compensation}`)).body;
    await buy(id);
    const body = { amount: compensation, reason: 'outage' };
    await api.call('POST', `/v1/subscriptions/${id}/compensations`, body, { scope: 'operations' });
    const taken = await withdraw(id);
    expect(taken).toMatchObject({ status: 200, body: { subscription: { nextTerm: null } } });
    expect(taken.body.refunds).toMatchObject(refunds);
    expect(taken.body.refunds).toHaveLength(refunds.length);
  }
});

it('goes back in full with the membership, beside the days left', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  await buy(id);
  await api.clockTo('2026-06-09T10:00:00.000Z');
  const quote = (await api.quote(id)).body;
  expect(quote).toMatchObject({
    basis: 'pro_rata',
    refund: { amount: 3629 + 4999 },
    lines: [{ kind: 'paid' }, { kind: 'days_left' }, { kind: 'waiting_term', amount: 4999 }],
  });
  const { body } = await api.cancel(id, { quoteId: quote.id });
  expect(
    body.refunds.map((refund) => `${refund.basis} ${refund.clause} ${refund.amount} ${refund.status}`).sort(),
  ).toEqual(['full 3.3.1 4999 succeeded', 'pro_rata 3.4.2 3629 succeeded']);
});

it('makes a quote stale when it is bought or withdrawn after it', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  const before = (await api.quote(id)).body;
  await buy(id);
  expect(await api.cancel(id, { quoteId: before.id })).toMatchObject({ status: 409, body: { code: 'quote_stale' } });
  const after = (await api.quote(id)).body;
  await withdraw(id);
  expect(await api.cancel(id, { quoteId: after.id })).toMatchObject({ status: 409, body: { code: 'quote_stale' } });
});

it('serves from the old end when its outcome is learned after it', async () => {
  const { api, sandbox } = service;
  const { id } = (await api.subscribe('m1')).body;
  await api.clockTo(LAST_MS);
  await sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
  expect((await buy(id, 1)).body).toMatchObject({ status: 'active', nextTerm: null });
  await sandbox.faults({});
  expect(await api.clockBy('PT1M')).toEqual({ query_request: 1 });
  expect(await api.subscription(id)).toMatchObject({ status: 'active', currentTerm: { number: 2, startsAt: END } });
  expect(await api.charges(id)).toHaveLength(2);
});

it('gives way at the term end when it still waits for the member', async () => {
  const { api, database, sandbox } = service;
  const { id } = (await api.subscribe('m1')).body;
  const method = (await api.subscription(id)).paymentMethod.token;
  await api.clockTo('2027-02-28T10:00:00.000Z');
  await database.query(
    `update mandates set gateway_method_id = 'pm_card_authenticationRequired' where status = 'valid'`,
  );
  expect((await buy(id)).body).toMatchObject({ status: 'active', nextAction: { type: 'authenticate' } });
  await database.query(`update mandates set gateway_method_id = $1 where status = 'valid'`, [method]);
  await api.clockTo(END);
  expect(await api.subscription(id)).toMatchObject({
    status: 'active',
    nextAction: null,
    currentTerm: { startsAt: END },
  });
  expect(await sandbox.movementsOf(id)).toHaveLength(2);
});

it('is withdrawn after seven days when the member does not come', async () => {
  const { api, database, sandbox } = service;
  const { id } = (await api.subscribe('m1')).body;
  await database.query(
    `update mandates set gateway_method_id = 'pm_card_authenticationRequired' where status = 'valid'`,
  );
  const secret = (await buy(id)).body.nextAction?.clientSecret ?? '';
  await api.clockBy('P8D');
  expect(await api.subscription(id)).toMatchObject({ status: 'active', nextAction: null, nextTerm: null });
  await expect(sandbox.authenticate(secret, true)).rejects.toThrow();
});

it('is bought once by twenty who try at the same time, and once against the renewal at the term end', async () => {
  const { api, sandbox } = service;
  const one = (await api.subscribe('m1')).body;
  const two = (await api.subscribe('m2')).body;
  const answers = await Promise.all(Array.from({ length: 20 }, () => buy(one.id)));
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(1);
  expect(await sandbox.movementsOf(one.id)).toHaveLength(2);
  await api.clockTo(LAST_MS);
  await Promise.all([buy(two.id), api.clockTo(END)]);
  expect(await api.subscription(two.id)).toMatchObject({ status: 'active', currentTerm: { startsAt: END } });
  expect(await sandbox.movementsOf(two.id)).toHaveLength(2);
});

it('is refused on a trial and while suspended', async () => {
  const { api } = service;
  const trial = (await api.subscribe('m1', { startWith: 'trial' })).body;
  expect(await buy(trial.id)).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state' } });
  const member = (await api.subscribe('m2')).body;
  await api.call('POST', `/v1/subscriptions/${member.id}/suspension`, { reason: 'under review' }, { scope: 'risk' });
  expect(await buy(member.id)).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state', clause: '5.2' } });
});

it('makes a quote stale when some of its money goes back after it', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  await buy(id);
  const { body: quote } = await api.quote(id);
  const owed = { amount: 500, reason: 'an outage' };
  const path = `/v1/subscriptions/${id}/compensations`;
  expect((await api.call('POST', path, owed, { scope: 'operations' })).status).toBeLessThan(300);
  expect(await api.cancel(id, { quoteId: quote.id })).toMatchObject({ status: 409, body: { code: 'quote_stale' } });
  expect(await api.cancel(id)).toMatchObject({ status: 200, body: { subscription: { status: 'canceled' } } });
});

it('begins although somebody else looks at the membership before its worker comes', async () => {
  const { api, database } = service;
  const { id } = (await api.subscribe('m1')).body;
  await buy(id);
  // As if every worker were busy: the instant has come, and only the member is there.
  await database.query('update subscriptions set claimed_until = now() + interval $$1 hour$$ where id = $1', [id]);
  await database.query('update test_clock set now_at = $1', [END]);
  expect((await api.quote(id)).body.lines.map(({ kind }) => kind)).toEqual(['paid', 'days_left']);
  await database.query('update subscriptions set claimed_until = null where id = $1', [id]);
  await api.clockBy('PT0S');
  expect(await api.events(id)).toContain('subscription.renewed');
});
