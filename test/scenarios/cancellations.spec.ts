/** Cancelling: the binding quote, the trial, the market that deducts time, and many who cancel at once. */
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
afterAll(() => service.stop());

it('makes one refund of fifty parallel cancellations', async () => {
  const { api, sandbox } = service;
  const { id } = (await api.subscribe('fifty')).body;
  const answers = await Promise.all(Array.from({ length: 50 }, () => api.cancel(id)));
  const statuses = answers.map((answer) => answer.status).sort();
  expect(statuses).toEqual([200, ...Array<number>(49).fill(409)]);
  expect(await api.refunds(id)).toMatchObject([{ amount: 4999, status: 'succeeded' }]);
  const refund = (await api.refunds(id))[0];
  expect(await sandbox.movementsOf(refund?.id ?? '')).toHaveLength(1);
  expect((await api.entitlement('fifty')).body).toMatchObject({ entitled: false, reason: 'no_membership' });
});

it('ends a trial at once with nothing to give back', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('trial', { startWith: 'trial' })).body;
  expect((await api.quote(id)).body).toMatchObject({
    basis: 'none',
    clause: '3.2.1',
    refund: { amount: 0, currency: 'EUR' },
  });
  const { body } = await api.cancel(id, { reason: 'no need' });
  expect(body).toMatchObject({ subscription: { status: 'canceled', endReason: 'canceled_by_member' }, refunds: [] });
  await api.clockBy('P31D');
  expect(await api.charges(id)).toEqual([]);
});

it('pays the quote exactly, also when a day passes meanwhile, and not after it expired', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('quoted')).body;
  await api.clockBy('P99D');
  await api.clockBy('PT23H59M');
  const quote = (await api.quote(id)).body;
  expect(quote).toMatchObject({
    basis: 'pro_rata',
    refund: { amount: 3643 },
    lines: [{ kind: 'paid' }, { daysLeft: 266 }],
  });
  await api.clockBy('PT14M59S');
  expect((await api.quote(id)).body.refund.amount).toBe(3629);
  const { body } = await api.cancel(id, { quoteId: quote.id });
  expect(body).toMatchObject({ quoteId: quote.id, refunds: [{ amount: 3643 }] });

  const late = (await api.subscribe('late-quote')).body;
  const expired = (await api.quote(late.id)).body;
  await api.clockBy('PT15M');
  expect(await api.cancel(late.id, { quoteId: expired.id })).toMatchObject({
    status: 409,
    body: { code: 'quote_expired' },
  });
  expect(await api.subscription(late.id)).toMatchObject({ status: 'active' });
  expect(await api.events(late.id)).toContain('refused');
});

it('refuses a quote when a new term has started, and one of somebody else', async () => {
  const { api } = service;
  const member = (await api.subscribe('stale')).body;
  const other = (await api.subscribe('other')).body;
  await api.clockTo(new Date(new Date(member.currentTerm?.endsAt ?? '').getTime() - 60_000).toISOString());
  const quote = (await api.quote(member.id)).body;
  await api.clockBy('PT1M');
  expect(await api.cancel(member.id, { quoteId: quote.id })).toMatchObject({
    status: 409,
    body: { code: 'quote_stale' },
  });
  expect(await api.cancel(other.id, { quoteId: quote.id })).toMatchObject({ status: 404, body: { code: 'not_found' } });
});

it('deducts the days used where the market says so, in every paid term', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('britain', { country: 'GB', residenceCountry: 'GB' })).body;
  await api.clockBy('P9DT1H');
  // 10 started days of 365: 3999 × 10 / 365 = 109.56 → 110
  expect((await api.quote(id)).body).toMatchObject({
    basis: 'full_less_benefits',
    refund: { amount: 3889, currency: 'GBP' },
  });
  expect((await api.cancel(id)).body.refunds).toMatchObject([{ amount: 3889 }]);
});

it('gives all of a renewal back that was under way when the member canceled', async () => {
  const { api, sandbox } = service;
  const member = (await api.subscribe('in-flight')).body;
  await sandbox.faults({ captureThenTimeout: true, dropWebhooks: true });
  await api.clockTo(member.currentTerm?.endsAt ?? '');
  expect(await api.charges(member.id)).toMatchObject([{ status: 'unknown' }, { status: 'succeeded' }]);
  const { status, body } = await api.cancel(member.id, {}, { waitSeconds: 0 });
  expect(status).toBe(200);
  expect(body.refunds).toEqual([]);
  await sandbox.faults({});
  await api.clockBy('PT1M');
  expect(await api.refunds(member.id)).toMatchObject([{ basis: 'full', amount: 4999, status: 'succeeded' }]);
  expect(await api.subscription(member.id)).toMatchObject({ status: 'canceled' });
});

/** Charges, newest first, and what went back of them. */
const LAWFUL = [
  '1 succeeded → 14 succeeded',
  '1 succeeded → ',
  '2 failed, 1 succeeded → ',
  '2 failed, 1 succeeded → 14 succeeded',
  '2 succeeded, 1 succeeded → 4999 succeeded',
];

it('loses no renewal and charges nothing twice when cancel and renewal collide', async () => {
  const { api } = service;
  const members = await Promise.all(Array.from({ length: 20 }, (_, index) => api.subscribe(`collide-${index}`)));
  const endsAt = members[0]?.body.currentTerm?.endsAt ?? '';
  await api.clockTo(new Date(new Date(endsAt).getTime() - 1).toISOString());
  const cancels = members.map(async ({ body }) => api.cancel(body.id));
  const [answers] = await Promise.all([Promise.all(cancels), api.clockTo(endsAt)]);
  expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(200));
  await api.clockBy('PT1M');
  for (const { body } of members) {
    expect(await api.subscription(body.id)).toMatchObject({ status: 'canceled' });
    const charges = (await api.charges(body.id)).map(({ termNumber, status }) => `${termNumber} ${status}`);
    const refunds = (await api.refunds(body.id)).map(({ amount, status }) => `${amount} ${status}`);
    // Canceled first: a day back of the old term (4999 / 365 = 13.7 → 14). Renewed first: all of the new one.
    expect(LAWFUL).toContain(`${charges.join(', ')} → ${refunds.join(', ')}`);
  }
});
