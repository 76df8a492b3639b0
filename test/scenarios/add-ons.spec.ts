/** Value-added services over a membership's life: offered, accepted and paid once, refused, used, returned unused. */
import type { Answer, BenefitUseAnswer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';

const NOBODY = '01932a4e-1234-7abc-8123-123456789abc';
const PRICE = { amount: 990, currency: 'EUR' };
let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterEach(async () => {
  await service.sandbox.faults({});
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
afterAll(() => service.stop());

interface AddOnAnswer {
  code: string;
  price: { amount: number; currency: string };
  status: string;
  firstUsedAt: string | null;
  clause?: string;
}

function accept(id: string, price: unknown = PRICE, key?: string): Promise<Answer<AddOnAnswer>> {
  const path = `/v1/subscriptions/${id}/add-ons/gift_wrapping/acceptance`;
  return service.api.call('POST', path, { price }, key === undefined ? {} : { key });
}

function refuse(id: string, code = 'gift_wrapping'): Promise<Answer<AddOnAnswer>> {
  return service.api.call('POST', `/v1/subscriptions/${id}/add-ons/${code}/refusal`, {});
}

async function status(id: string): Promise<string | undefined> {
  const { body } = await service.api.call<{ data: AddOnAnswer[] }>('GET', `/v1/subscriptions/${id}/add-ons`);
  return body.data[0]?.status;
}

it('is offered with its price, paid once after a yes, and no part of the term', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('yes')).body;
  const before = await api.subscription(id);
  const { body } = await api.call('GET', `/v1/subscriptions/${id}/add-ons`);
  expect(body.data).toMatchObject([{ code: 'gift_wrapping', price: PRICE, status: 'offered' }]);
  const accepted = await accept(id, PRICE, 'yes-1');
  expect(accepted).toMatchObject({ status: 201, body: { code: 'gift_wrapping', price: PRICE, status: 'accepted' } });
  expect((await api.events(id)).slice(-4)).toEqual([
    'add_on.accepted',
    'charge.opened',
    'charge.succeeded',
    'add_on.paid',
  ]);
  expect((await accept(id, PRICE, 'yes-1')).headers.get('idempotency-replayed')).toBe('true');
  expect(await accept(id)).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state', clause: '3.1.3' } });
  expect(await api.charges(id)).toMatchObject([
    { amount: 990, purpose: 'add_on', status: 'succeeded', termNumber: 1 },
    { amount: 4999, status: 'succeeded' },
  ]);
  expect(await api.subscription(id)).toEqual(before);
});

it('is charged once of fifty acceptances that come at once', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('fifty')).body;
  const answers = await Promise.all(Array.from({ length: 50 }, () => accept(id)));
  expect(answers.map((one) => one.status).sort()).toEqual([201, ...Array<number>(49).fill(409)]);
  expect(await api.charges(id)).toHaveLength(2);
});

it('goes back in full with the membership as long as it was not used', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('unused')).body;
  const early = (await api.quote(id)).body;
  await accept(id);
  expect(await api.cancel(id, { quoteId: early.id })).toMatchObject({ status: 409, body: { code: 'quote_stale' } });
  await api.clockBy('P100D');
  const quote = (await api.quote(id)).body;
  expect(quote).toMatchObject({ basis: 'pro_rata', refund: { amount: 3629 + 990 } });
  expect(quote.lines.map(({ kind, amount }) => `${kind} ${amount}`)).toEqual([
    'paid 4999',
    'days_left -1370',
    'add_on 990',
  ]);
  const { body } = await api.cancel(id, { quoteId: quote.id });
  expect(body.refunds.map((one) => `${one.amount} ${one.basis} ${one.clause} ${one.status}`).sort()).toEqual([
    '3629 pro_rata 3.4.2 succeeded',
    '990 full 3.1.3 succeeded',
  ]);
  expect(await accept(id)).toMatchObject({ status: 409, body: { code: 'not_entitled' } });
});

it('goes back alone when the member refuses it after all, once, and may be accepted again', async () => {
  const { api, sandbox } = service;
  const { id } = (await api.subscribe('after-all')).body;
  await accept(id);
  const answers = await Promise.all([refuse(id), refuse(id), refuse(id)]);
  for (const answer of answers) expect(answer).toMatchObject({ status: 200, body: { status: 'refused' } });
  await api.clockBy('PT1S');
  expect(await api.refunds(id)).toMatchObject([
    { amount: 990, basis: 'full', clause: '3.1.3', status: 'succeeded', calculation: { formula: expect.any(String) } },
  ]);
  expect(await accept(id)).toMatchObject({ status: 201, body: { status: 'accepted' } });
  expect((await api.cancel(id)).body.refunds.map(({ amount }) => amount).sort()).toEqual([4999, 990].sort());
  await api.clockBy('PT1S');
  expect((await sandbox.movementsOf(id)).filter(({ type }) => type === 'capture')).toHaveLength(3);
});

it('stays paid for once it was used, and its use is not deducted from the fee', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('used')).body;
  const use = (): Promise<Answer<BenefitUseAnswer>> => api.useBenefit(id, ['gift_wrapping', 'o-1', 200]);
  expect(await use()).toMatchObject({ status: 409, body: { code: 'not_entitled', clause: '4.1' } });
  await accept(id);
  const quote = (await api.quote(id)).body;
  expect(quote.refund.amount).toBe(4999 + 990);
  expect((await use()).status).toBe(201);
  expect(await refuse(id)).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state', clause: '3.1.3' } });
  expect(await api.cancel(id, { quoteId: quote.id })).toMatchObject({ status: 409, body: { code: 'quote_stale' } });
  expect((await api.cancel(id)).body.refunds).toMatchObject([{ amount: 4999 }]);
});

it('that is declined stays offered, and the membership is not touched', async () => {
  const { api } = service;
  for (const method of ['pm_card_chargeCustomerFail', 'pm_card_authenticationRequired']) {
    const { id } = (await api.subscribe(method)).body;
    await api.paymentMethod(id, method);
    const before = await api.subscription(id);
    const declined = await accept(id);
    expect(declined).toMatchObject({ status: 402, body: { code: 'payment_declined', clause: '3.1.3' } });
    expect(await status(id)).toBe('offered');
    expect(await api.subscription(id)).toEqual(before);
    await api.paymentMethod(id, 'pm_card_visa');
    expect(await accept(id)).toMatchObject({ status: 201, body: { status: 'accepted' } });
    expect(await api.charges(id)).toMatchObject([
      { status: 'succeeded', reference: `charge_${id}_add_on_gift_wrapping_2` },
      { status: 'failed', reference: `charge_${id}_add_on_gift_wrapping_1` },
      { status: 'succeeded' },
    ]);
  }
});

it('whose payment is undecided when the membership is canceled goes back once it was captured', async () => {
  const { api, sandbox } = service;
  const { id } = (await api.subscribe('in-flight')).body;
  await sandbox.faults({ captureThenTimeout: true, dropWebhooks: true });
  const path = `/v1/subscriptions/${id}/add-ons/gift_wrapping/acceptance`;
  const undecided = await api.call('POST', path, { price: PRICE }, { waitSeconds: 0 });
  expect(undecided).toMatchObject({ status: 201, body: { status: 'pending' } });
  expect(await accept(id)).toMatchObject({ status: 409, body: { code: 'payment_in_progress' } });
  expect(await refuse(id)).toMatchObject({ status: 409, body: { code: 'payment_in_progress' } });
  await api.clockBy('PT1S');
  await api.cancel(id, {}, { waitSeconds: 0 });
  await sandbox.faults({});
  await api.clockBy('PT1M');
  const refunds = (await api.refunds(id)).map(({ amount, basis }) => `${amount} ${basis}`).sort();
  expect(refunds).toEqual(['4999 full_less_benefits', '990 full']);
});

it('never holds up a renewal while its payment is undecided', async () => {
  const { api, sandbox } = service;
  const { id, currentTerm } = (await api.subscribe('renewing')).body;
  await api.clockTo(new Date(new Date(currentTerm?.endsAt ?? '').getTime() - 1000).toISOString());
  await sandbox.faults({ captureThenTimeout: true, dropWebhooks: true });
  const path = `/v1/subscriptions/${id}/add-ons/gift_wrapping/acceptance`;
  await api.call('POST', path, { price: PRICE }, { waitSeconds: 0 });
  await api.clockTo(currentTerm?.endsAt ?? '');
  await sandbox.faults({});
  await api.clockBy('PT1M');
  expect(await api.subscription(id)).toMatchObject({ status: 'active', currentTerm: { number: 2 } });
  expect(await status(id)).toBe('accepted');
  expect((await api.charges(id)).map(({ amount }) => amount).sort()).toEqual([4999, 4999, 990]);
});

it('that is declined while a fee is overdue leaves the fee to be retried', async () => {
  const { api } = service;
  const { id, currentTerm } = (await api.subscribe('overdue')).body;
  await api.paymentMethod(id, 'pm_card_chargeCustomerFail');
  await api.clockTo(currentTerm?.endsAt ?? '');
  const overdue = await api.subscription(id);
  expect(overdue.status).toBe('past_due');
  expect((await accept(id)).status).toBe(402);
  expect(await api.subscription(id)).toEqual(overdue);
  const { body } = await api.paymentMethod(id, 'pm_card_visa');
  expect(body).toMatchObject({ status: 'active', currentTerm: { number: 2, startsAt: currentTerm?.endsAt } });
  expect(await status(id)).toBe('offered');
});

it('is refused when the member says so, which is kept and can be changed', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('no')).body;
  expect(await refuse(id)).toMatchObject({ status: 200, body: { status: 'refused' } });
  expect(await refuse(id)).toMatchObject({ status: 200, body: { status: 'refused' } });
  expect((await api.events(id)).filter((event) => event.startsWith('add_on'))).toEqual(['add_on.refused']);
  expect(await api.charges(id)).toHaveLength(1);
  expect(await accept(id)).toMatchObject({ status: 201, body: { status: 'accepted' } });
});

it('is accepted only at the price in force; what is refused changes nothing', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('price')).body;
  const before = await api.charges(id);
  for (const shown of [
    { ...PRICE, amount: 989 },
    { ...PRICE, amount: 0 },
    { ...PRICE, currency: 'USD' },
  ]) {
    expect(await accept(id, shown)).toMatchObject({ status: 409, body: { code: 'price_changed', clause: '3.1.3' } });
  }
  for (const bad of [null, 990, [PRICE], {}, { ...PRICE, amount: -1 }, { ...PRICE, amount: 9.9 }]) {
    expect(await accept(id, bad)).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  }
  expect(await accept(NOBODY)).toMatchObject({ status: 404 });
  expect(await refuse(id, 'lounge')).toMatchObject({ status: 404, body: { code: 'not_found' } });
  expect((await api.call('GET', `/v1/subscriptions/${NOBODY}/add-ons`)).status).toBe(404);
  expect(await status(id)).toBe('offered');
  expect(await api.charges(id)).toEqual(before);
});
