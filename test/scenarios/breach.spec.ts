/** Breach and its correction: suspension, revocation by two people, and what a mistaken finding gives back. */
import { audit } from '../support/auditor.js';
import type { Answer, SubscriptionAnswer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';

const END = '2027-03-01T10:00:00.000Z';
let service: Service;

beforeEach(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterEach(async () => {
  await service.sandbox.faults({});
  const faults = await audit(service.database, service.sandbox);
  // Days given back lengthen a term on purpose; each such term has a line that says how many.
  expect(faults.filter((fault) => !fault.startsWith('I03'))).toEqual([]);
  await service.stop();
});

type Told = Answer<SubscriptionAnswer & { id: string; status: string; code?: string }>;
const risk = async (path: string, body: object, subject = 'rita'): Promise<Told> =>
  service.api.call('POST', path, body, { token: await service.api.token('risk', subject) });
const suspend = (id: string): Promise<Told> => risk(`/v1/subscriptions/${id}/suspension`, { reason: 'under review' });
const reinstate = (id: string, mistaken: boolean): Promise<Told> =>
  risk(`/v1/subscriptions/${id}/reinstatement`, { mistaken, reason: 'reviewed' });
const propose = (id: string, reason = 'improper_use'): Promise<Told> =>
  risk(`/v1/subscriptions/${id}/revocations`, { reason, evidence: 'case 17' });
const approve = (id: string, subject: string): Promise<Told> => risk(`/v1/revocations/${id}/approval`, {}, subject);

async function revoke(subscriptionId: string): Promise<Told> {
  return approve((await propose(subscriptionId)).body.id, 'rolf');
}

it('turns benefits off while suspended, lets the term run on, and turns them on again', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  expect(await suspend(id)).toMatchObject({ status: 200, body: { status: 'active', nextChargeAt: null } });
  expect((await api.entitlement('m1')).body).toMatchObject({ entitled: false, reason: 'suspended' });
  expect(await suspend(id)).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state' } });
  await api.clockBy('P10D');
  expect(await reinstate(id, false)).toMatchObject({ status: 200, body: { currentTerm: { endsAt: END } } });
  expect((await api.entitlement('m1')).body).toMatchObject({ entitled: true });
  expect(await reinstate(id, false)).toMatchObject({ status: 409 });
});

it('expires uncharged what ends while it is suspended', async () => {
  const { api, sandbox } = service;
  const paid = (await api.subscribe('m1')).body;
  const trial = (await api.subscribe('m2', { startWith: 'trial' })).body;
  await suspend(paid.id);
  await suspend(trial.id);
  await api.clockTo(END);
  for (const id of [paid.id, trial.id]) {
    expect(await api.subscription(id)).toMatchObject({ status: 'expired', endReason: 'suspended' });
  }
  expect(await sandbox.movements()).toHaveLength(1);
});

it('gives the suspended time back in whole days when the finding was mistaken', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  await suspend(id);
  await api.clockBy('P10DT1S');
  expect(await reinstate(id, true)).toMatchObject({
    status: 200,
    // 10 days and a second: 11 days given back.
    body: { currentTerm: { endsAt: '2027-03-12T10:00:00.000Z' }, nextChargeAt: '2027-03-12T10:00:00.000Z' },
  });
  await api.clockTo('2026-06-09T10:00:00.000Z');
  // 4999 × 276 / 376 = 3669.48 → 3669: a term of 376 days has 276 left.
  expect((await api.quote(id)).body.refund.amount).toBe(3669);
});

it('reopens what expired from a mistaken suspension, with the mandate, and renews it', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  await api.clockTo('2027-02-27T10:00:00.000Z');
  await suspend(id);
  await api.clockTo('2027-03-06T10:00:00.000Z');
  expect(await api.subscription(id)).toMatchObject({ status: 'expired' });
  expect(await reinstate(id, false)).toMatchObject({ status: 409 });
  expect(await reinstate(id, true)).toMatchObject({
    status: 200,
    body: { status: 'active', endedAt: null, currentTerm: { endsAt: '2027-03-08T10:00:00.000Z', status: 'running' } },
  });
  expect((await api.entitlement('m1')).body).toMatchObject({ entitled: true });
  await api.clockTo('2027-03-08T10:00:00.000Z');
  expect(await api.subscription(id)).toMatchObject({
    status: 'active',
    currentTerm: { startsAt: '2027-03-08T10:00:00.000Z' },
  });
});

it('revokes with four eyes: ends at once, returns nothing, and bars the user until it is corrected', async () => {
  const { api, sandbox } = service;
  const { id } = (await api.subscribe('m1')).body;
  const proposed = await propose(id, 'benefit_sharing');
  expect(proposed).toMatchObject({ status: 202, body: { status: 'proposed' } });
  expect(await propose(id)).toMatchObject({ status: 409 });
  expect(await api.subscription(id)).toMatchObject({ status: 'active' });
  expect(await approve(proposed.body.id, 'rita')).toMatchObject({ status: 403, body: { code: 'four_eyes' } });
  expect(await approve(proposed.body.id, 'rolf')).toMatchObject({
    status: 200,
    body: { status: 'revoked', endReason: 'benefit_sharing' },
  });
  expect(await approve(proposed.body.id, 'rosa')).toMatchObject({ status: 409 });
  expect(await api.refunds(id)).toEqual([]);
  expect(await sandbox.movements()).toHaveLength(1);
  expect((await api.entitlement('m1')).body).toMatchObject({ entitled: false });
  const again = await api.call('POST', '/v1/subscriptions', {
    ...{ userId: 'm1', country: 'FR', residenceCountry: 'FR', startWith: 'paid', paymentMethod: 'pm_card_visa' },
    ...{ deductionAuthorized: true, agreementVersion: '2023-11-01' },
  });
  expect(again).toMatchObject({ status: 403, body: { code: 'not_eligible', clause: '3.1.1' } });

  await api.clockBy('P2D');
  expect(await reinstate(id, true)).toMatchObject({
    status: 200,
    body: { status: 'active', currentTerm: { endsAt: '2027-03-03T10:00:00.000Z' } },
  });
  const offer = await api.call('GET', '/v1/offers?country=FR&userId=m1');
  expect(offer.body).toMatchObject({ eligible: true });
});

it('reopens a trial as a trial, and nothing where the user has begun anew', async () => {
  const { api } = service;
  const trial = (await api.subscribe('m1', { startWith: 'trial' })).body;
  const member = (await api.subscribe('m2')).body;
  await revoke(trial.id);
  await revoke(member.id);
  await api.clockBy('P1D');
  expect((await reinstate(trial.id, true)).body).toMatchObject({
    status: 'trialing',
    currentTerm: { endsAt: '2026-04-01T10:00:00.000Z' },
  });
  expect((await api.subscribe('m2')).status).toBe(201);
  expect(await reinstate(member.id, true)).toMatchObject({ status: 409, body: { code: 'already_subscribed' } });
});

it('hands a reopened membership, and no other, to the company that took over meanwhile', async () => {
  const { api } = service;
  const { id, contractingEntities } = (await api.subscribe('m1')).body;
  const from = contractingEntities[0]?.name;
  const korean = (await api.subscribe('m2', { residenceCountry: 'KR' })).body;
  await revoke(id);
  // Whoever comes to the first company after it has handed its members over stays there.
  for (const transfer of [
    { from, to: 'New Co.', effectiveAt: '2026-03-02T10:00:00.000Z' },
    { from: 'AliExpress Korea Limited', to: from, effectiveAt: '2026-03-02T11:00:00.000Z' },
  ]) {
    expect((await api.call('POST', '/v1/entity-transfers', transfer, { scope: 'operations' })).status).toBe(201);
  }
  await api.clockTo('2026-03-03T10:00:00.000Z');
  expect((await api.subscription(id)).contractingEntities).toEqual(contractingEntities);
  const others = (await api.subscription(korean.id)).contractingEntities;
  expect(others.map(({ name }) => name)).toContain(from);
  expect((await reinstate(id, true)).body).toMatchObject({ contractingEntities: [{ name: 'New Co.' }] });
  await api.clockBy('PT1S');
  expect((await api.subscription(korean.id)).contractingEntities).toEqual(others);
});

it('does not undo an end that had another cause', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  await api.cancel(id);
  expect(await reinstate(id, true)).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state' } });
  expect(await propose(id)).toMatchObject({ status: 409 });
});

it('forfeits the waiting term with the rest of the fee', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  await api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {});
  await revoke(id);
  expect(await api.refunds(id)).toEqual([]);
});

it('lets one of revoke and cancel win when they collide: a refund with the one, nothing with the other', async () => {
  const { api } = service;
  for (let round = 0; round < 6; round += 1) {
    const { id } = (await api.subscribe(`collide-${round}`)).body;
    const proposed = (await propose(id)).body.id;
    const [approved, canceled] = await Promise.all([approve(proposed, 'rolf'), api.cancel(id)]);
    expect([approved.status, canceled.status].sort()).toEqual([200, 409]);
    expect(await api.refunds(id)).toHaveLength(canceled.status === 200 ? 1 : 0);
  }
});

it('takes a charge back that was not sent when the suspension came, and keeps one that was', async () => {
  const { api, sandbox } = service;
  const member = (await api.subscribe('m1')).body;
  await sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
  await api.clockTo(END);
  await suspend(member.id);
  await sandbox.faults({});
  await api.clockBy('PT1M');
  // Captured before the suspension: the term is paid and runs, its benefits are off.
  expect(await api.subscription(member.id)).toMatchObject({ status: 'active', currentTerm: { number: 2 } });
  expect((await api.entitlement('m1')).body).toMatchObject({ entitled: false, reason: 'suspended' });
});

it('gives lost days back to the term that lost them, and the term bought early begins so much later', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  await api.clockTo('2026-06-01T10:00:00.000Z');
  expect((await api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {})).status).toBe(201);
  await api.clockTo('2026-06-11T10:00:00.000Z');
  await suspend(id);
  await api.clockTo('2026-06-21T10:00:00.000Z');
  const later = '2027-03-11T10:00:00.000Z';
  expect(await reinstate(id, true)).toMatchObject({
    body: { currentTerm: { endsAt: later }, nextTerm: { startsAt: later, endsAt: '2028-03-10T10:00:00.000Z' } },
  });
  // 4999 × 263 / 375 = 3505.97 → 3506 beside the whole waiting term
  expect((await api.quote(id)).body.refund.amount).toBe(3506 + 4999);
  expect(await api.clockTo(later)).toMatchObject({ begin_term: 1 });
});

it('makes a quote stale that was given before days were given back', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  await api.clockTo('2026-06-09T10:00:00.000Z');
  await suspend(id);
  const quote = (await api.quote(id)).body;
  await api.clockBy('PT1M');
  await reinstate(id, true);
  expect(await api.cancel(id, { quoteId: quote.id })).toMatchObject({ status: 409, body: { code: 'quote_stale' } });
});

it('lets only the correction of the last finding make the user eligible again', async () => {
  const { api } = service;
  const inSpain = (await api.subscribe('m1')).body;
  const inFrance = (await api.subscribe('m1', { country: 'FR' })).body;
  const inGermany = (await api.subscribe('m1', { country: 'DE' })).body;
  const eligible = async (): Promise<unknown> =>
    (await api.call('GET', '/v1/offers?country=PL&userId=m1')).body.eligible;
  await revoke(inFrance.id);
  await suspend(inSpain.id);
  // What was mistaken about one membership says nothing of a finding about another.
  expect(await reinstate(inSpain.id, true)).toMatchObject({ status: 200, body: { status: 'active' } });
  expect(await eligible()).toBe(false);
  await api.clockBy('PT1S');
  await revoke(inGermany.id);
  expect(await reinstate(inGermany.id, true)).toMatchObject({ body: { status: 'active' } });
  expect(await eligible()).toBe(false);
  expect(await reinstate(inFrance.id, true)).toMatchObject({ body: { status: 'active' } });
  expect(await eligible()).toBe(false);
  await api.goodStanding('m1');
  expect(await eligible()).toBe(true);
});

it('accepts no opt-out while the trial is being charged, though lost days keep the trial running', async () => {
  const { api, sandbox } = service;
  const { id } = (await api.subscribe('m1', { startWith: 'trial' })).body;
  await sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
  await api.clockTo('2026-03-31T10:00:00.000Z');
  await suspend(id);
  await api.clockBy('PT1S');
  expect(await reinstate(id, true)).toMatchObject({
    body: { status: 'trialing', currentTerm: { endsAt: '2026-04-01T10:00:00.000Z' } },
  });
  expect(await api.autoRenewal(id, false)).toMatchObject({ status: 409, body: { code: 'payment_in_progress' } });
  await sandbox.faults({});
  await api.clockBy('PT1M');
  expect(await api.subscription(id)).toMatchObject({ status: 'active', autoRenewal: true });
  expect(await sandbox.movementsOf(id)).toHaveLength(1);
});

it('withdraws a payment that waits for the member, so that nothing is charged while suspended', async () => {
  const { api, sandbox } = service;
  const { id } = (await api.subscribe('m1', { startWith: 'trial', paymentMethod: 'pm_card_authenticationRequired' }))
    .body;
  await api.clockTo('2026-03-31T10:00:00.000Z');
  const secret = (await api.subscription(id)).nextAction?.clientSecret ?? '';
  expect(await suspend(id)).toMatchObject({ body: { status: 'past_due', nextAction: null } });
  await api.clockBy('PT1S');
  await expect(sandbox.authenticate(secret, true)).rejects.toThrow();
  await api.clockBy('P1D');
  expect(await sandbox.movements()).toEqual([]);
  expect(await reinstate(id, false)).toMatchObject({ status: 200 });
  expect((await api.paymentMethod(id, 'pm_card_visa')).body).toMatchObject({ status: 'active' });
});

it('tries a method at the end of a suspension that was supplied in it', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1', { startWith: 'trial', paymentMethod: 'pm_card_chargeCustomerFail' })).body;
  await api.clockTo('2026-03-31T10:00:00.000Z');
  await suspend(id);
  expect((await api.paymentMethod(id, 'pm_card_visa')).body).toMatchObject({ status: 'past_due' });
  await api.clockBy('P1D');
  await reinstate(id, false);
  await api.clockBy('PT0S');
  expect(await api.subscription(id)).toMatchObject({ status: 'active', currentTerm: { number: 2 } });
});

it('reopens who could not pay because of a mistaken suspension', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1', { startWith: 'trial', paymentMethod: 'pm_card_chargeCustomerFail' })).body;
  await api.clockTo('2026-03-31T10:00:00.000Z');
  await suspend(id);
  await api.clockBy('P7D');
  expect(await api.subscription(id)).toMatchObject({ status: 'expired', endReason: 'suspended' });
  await api.clockBy('P1D');
  expect(await reinstate(id, true)).toMatchObject({
    status: 200,
    body: { status: 'trialing', currentTerm: { endsAt: '2026-04-08T10:00:00.000Z' } },
  });
  await api.clockBy('PT0S');
  expect((await api.paymentMethod(id, 'pm_card_visa')).body).toMatchObject({ status: 'active' });
});
