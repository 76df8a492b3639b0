/**
 * The gateway as it really behaves, on the sandbox: refusals, outages, errors that are kept under a key, customers and methods
 * that are gone, currencies in steps, refunds made by hand, inquiries, warnings, and payments that are under way for days.
 */
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

let service: Service;

beforeEach(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z', config: { LOG_LEVEL: 'silent' } });
});
afterEach(async () => {
  await service.sandbox.faults({});
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
afterEach(() => service.stop());

interface Case {
  id: string;
  kind: string;
  subjectId: string;
  explanation: string;
}

async function cases(): Promise<Case[]> {
  const { body } = await service.api.call<{ data: Case[] }>('GET', '/v1/cases?limit=100', undefined, {
    scope: 'operations',
  });
  return body.data;
}
const kinds = async (): Promise<string[]> => (await cases()).map(({ kind }) => kind).sort();

async function finance<T extends object>(method: string, path: string, body?: object, who = 'fiona') {
  return service.api.call<T & { id: string; code?: string; detail?: string }>(method, path, body, {
    token: await service.api.token('finance', who),
  });
}

async function customerOf(userId: string): Promise<string> {
  const { rows } = await service.database.query<{ id: string }>(
    'select customer_id as id from gateway_customers where user_id = $1',
    [userId],
  );
  return rows[0]!.id;
}

async function requests(
  id: string,
): Promise<{ reference: string; status: string; failure: string | null; method: string }[]> {
  const { rows } = await service.database.query<{
    reference: string;
    status: string;
    failure: string | null;
    method: string;
  }>(
    `select reference, status, failure, asks->>'method' as method from gateway_requests where subscription_id = $1
     order by intended_at, attempt`,
    [id],
  );
  return rows;
}

describe('a currency that is carried in steps', () => {
  const kuwait = { country: 'KW', residenceCountry: 'KW' };

  it('goes back up to the next step, and the quote and the formula show it', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('k1', kuwait)).body;
    await api.clockTo('2026-11-20T10:00:00.000Z');
    const quote = (await api.quote(id)).body;
    expect(quote).toMatchObject({ basis: 'pro_rata', refund: { amount: 4160, currency: 'KWD' } });
    expect(quote.lines.map(({ kind, amount }) => [kind, amount])).toEqual([
      ['paid', 15_000],
      ['days_left', 4151 - 15_000],
      ['step', 9],
    ]);
    const canceled = await api.cancel(id, { quoteId: quote.id });
    expect(canceled.body.refunds).toMatchObject([{ amount: 4160, currency: 'KWD', status: 'succeeded' }]);
  });

  it('takes no price and no compensation between two steps', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('k1', kuwait)).body;
    const operations = { scope: 'operations' } as const;
    const price = { amount: 15_001, currency: 'KWD', effectiveFrom: '2026-12-01T00:00:00.000Z' };
    expect(await api.call('POST', '/v1/markets/KW/prices', price, operations)).toMatchObject({
      status: 422,
      body: { errors: [{ path: 'amount', message: expect.stringContaining('steps of KWD 0.010') as string }] },
    });
    const order = { amount: 15, reason: 'an outage' };
    expect(await api.call('POST', `/v1/subscriptions/${id}/compensations`, order, operations)).toMatchObject({
      status: 422,
    });
  });
});

describe('a refund that others made', () => {
  async function member(): Promise<{ id: string; payment: string }> {
    const { id } = (await service.api.subscribe('m1')).body;
    return { id, payment: await service.sandbox.paymentOf(id) };
  }
  const byHand = (payment: string, amount: number): Promise<{ id: string }> =>
    service.sandbox.merchant('POST', 'refunds', { payment_intent: payment, amount: String(amount) });

  it('pays what is owed where it is the same, and nothing is sent', async () => {
    const { api, sandbox } = service;
    const { id, payment } = await member();
    await sandbox.faults({ dropWebhooks: true });
    const made = await byHand(payment, 4999);
    const { body } = await api.cancel(id);
    expect(body.refunds).toMatchObject([{ amount: 4999, status: 'succeeded' }]);
    const back = (await sandbox.movements()).filter(({ type }) => type === 'refund');
    expect(back).toMatchObject([{ refund: made.id, amount: 4999 }]);
  });

  it('pays a part of what is owed, and only the rest is sent', async () => {
    const { api, sandbox } = service;
    const { id, payment } = await member();
    await sandbox.faults({ dropWebhooks: true });
    await byHand(payment, 1000);
    await api.cancel(id, {}, { waitSeconds: 5 });
    await api.clockBy('PT1M');
    expect(await api.refunds(id)).toMatchObject([{ amount: 4999, status: 'succeeded' }]);
    const back = (await sandbox.movements()).filter(({ type }) => type === 'refund');
    expect(back.map(({ amount }) => amount)).toEqual([1000, 3999]);
  });

  it('that is more than what is owed leaves the rest as a refund of its own, with its case', async () => {
    const { api, sandbox } = service;
    const { id, payment } = await member();
    await api.clockTo('2026-06-09T10:00:00.000Z');
    await sandbox.faults({ dropWebhooks: true });
    await byHand(payment, 4999);
    await api.cancel(id);
    expect((await api.refunds(id)).map(({ amount, basis, status }) => [amount, basis, status]).sort()).toEqual([
      [1370, 'adopted', 'succeeded'],
      [3629, 'pro_rata', 'succeeded'],
    ]);
    expect(await kinds()).toEqual(['refund_found']);
  });

  it('is found by its notice, posted, told, and given its reason', async () => {
    const { api } = service;
    const { id, payment } = await member();
    const made = await byHand(payment, 700);
    await until('the refund is adopted', async () => (await api.refunds(id)).length === 1);
    const [refund] = await api.refunds(id);
    expect(refund).toMatchObject({ amount: 700, basis: 'adopted', status: 'succeeded' });
    expect(await api.events(id)).toContain('refund.adopted');
    expect(await cases()).toMatchObject([{ kind: 'refund_found', subjectId: refund!.id }]);
    const given = await finance<{ calculation: object }>('PUT', `/v1/refunds/${refund!.id}/reason`, {
      reason: 'a parcel was late',
    });
    expect(given).toMatchObject({
      status: 200,
      body: { calculation: { reason: 'a parcel was late', reasonBy: 'fiona', gatewayRefundId: made.id } },
    });
    expect(await cases()).toEqual([]);
    // It counts: what is left of the payment is all that can go back.
    const { body } = await api.cancel(id);
    expect(body.refunds).toMatchObject([{ amount: 4299, status: 'succeeded' }]);
  });

  it('is found by a settlement, and its line is explained', async () => {
    const { api, sandbox } = service;
    const { id, payment } = await member();
    await sandbox.faults({ dropWebhooks: true });
    await byHand(payment, 700);
    await api.clockBy('P1D');
    const report = await (await fetch(`${sandbox.url}/sandbox/settlement.csv`)).text();
    const form = new FormData();
    form.append('file', new Blob([report]), 'report.csv');
    const token = await api.token('finance');
    const answer = await fetch(`${api.url}/v1/settlements?gateway=stripe`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: form,
    });
    const loaded = (await answer.json()) as { id: string };
    await until('the refund is adopted', async () => (await api.refunds(id)).length === 1);
    const breaks = async () =>
      (await finance<{ data: { kind: string; status: string }[] }>('GET', `/v1/settlements/${loaded.id}/breaks`)).body
        .data;
    await until('the line is explained', async () => (await breaks()).every(({ status }) => status === 'explained'));
    expect(await breaks()).toMatchObject([{ kind: 'missing_here', status: 'explained' }]);
  });

  it('that an older backup has forgotten is not paid a second time', async () => {
    const { api, sandbox, database } = service;
    const { id, payment } = await member();
    await sandbox.faults({ dropWebhooks: true });
    // As the service would have ordered it, under a reference that nobody here remembers.
    await sandbox.merchant('POST', 'refunds', {
      payment_intent: payment,
      amount: '4999',
      'metadata[reference]': 'refund_01932a4e-1234-7abc-8123-123456789abc_1',
    });
    await api.cancel(id);
    expect(await api.refunds(id)).toMatchObject([{ amount: 4999, status: 'succeeded' }]);
    expect((await sandbox.movements()).filter(({ type }) => type === 'refund')).toHaveLength(1);
    const { rows } = await database.query<{ count: number }>(`select count(*)::int as count from refunds`);
    expect(rows[0]!.count).toBe(1);
  });
});

describe('a customer or a method that is gone', () => {
  it('is a hard decline; another method makes another customer, and the membership goes on', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    const before = await customerOf('m1');
    await sandbox.merchant('DELETE', `customers/${before}`);
    await api.clockTo('2027-03-01T10:00:00.000Z');
    expect(await api.subscription(id)).toMatchObject({ status: 'past_due' });
    expect((await requests(id)).at(-1)).toMatchObject({ status: 'failed', failure: 'hard' });
    const again = await api.call('POST', `/v1/subscriptions/${id}/payment-retries`, {});
    expect(again).toMatchObject({ status: 402, body: { code: 'payment_method_rejected' } });
    expect((await api.paymentMethod(id, 'pm_card_mastercard')).status).toBe(200);
    await until('the renewal', async () => (await api.subscription(id)).status === 'active');
    expect(await customerOf('m1')).not.toBe(before);
  });

  it('that was detached is a hard decline too', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    const { rows } = await service.database.query<{ id: string }>(
      `select gateway_method_id as id from mandates where status = 'valid'`,
    );
    await sandbox.merchant('POST', `payment_methods/${rows[0]!.id}/detach`);
    await api.clockTo('2027-03-01T10:00:00.000Z');
    expect(await api.charges(id)).toMatchObject([{ attempts: [{ code: 'payment_method_rejected' }] }, {}]);
    expect((await requests(id)).at(-1)).toMatchObject({ failure: 'hard' });
  });

  it('lets the user join again after the end', async () => {
    const { api, sandbox } = service;
    await api.subscribe('m1');
    await sandbox.merchant('DELETE', `customers/${await customerOf('m1')}`);
    await api.clockTo('2027-03-10T10:00:00.000Z');
    const { status, body } = await api.subscribe('m1');
    expect({ status, now: body.status }).toEqual({ status: 201, now: 'active' });
  });
});

describe('an outage', () => {
  async function ready(): Promise<{ status: string; gateway?: string }> {
    return (
      await service.api.call<{ status: string; gateway?: string }>('GET', '/health/ready', undefined, { token: null })
    ).body;
  }

  it('that lets nobody in pauses sending: one case for all, nothing consumed, and all is paid when it ends', async () => {
    const { api, sandbox } = service;
    await sandbox.faults({ unauthorized: true });
    const members = [];
    for (const user of ['m1', 'm2', 'm3']) {
      const { status, body } = await api.subscribe(user, {}, { waitSeconds: 1 });
      expect(status).toBe(201);
      expect(body.status).toBe('pending_payment');
      members.push(body.id);
    }
    await api.clockBy('PT2H');
    expect(await kinds()).toEqual(['gateway_outage']);
    expect(await ready()).toMatchObject({
      status: 'ok',
      gateway: expect.stringContaining('stripe locked out since 2026-03-01') as string,
    });
    await sandbox.faults({});
    await api.clockBy('PT15M');
    for (const id of members) expect(await api.subscription(id)).toMatchObject({ status: 'active' });
    expect(await kinds()).toEqual([]);
    expect(await ready()).toEqual({ status: 'ok' });
    expect((await sandbox.movements()).map(({ type }) => type)).toEqual(['capture', 'capture', 'capture']);
  });

  it('in which nothing answers is told by the process that is ready, and ends with the first answer', async () => {
    const { api, sandbox } = service;
    await sandbox.faults({ unavailable: true });
    for (const user of ['m1', 'm2', 'm3']) await api.subscribe(user, {}, { waitSeconds: 0 });
    await until('it is told', async () => (await ready()).gateway?.includes('unreachable') === true);
    await sandbox.faults({});
    await api.clockBy('PT1H');
    expect(await ready()).toEqual({ status: 'ok' });
  });
});

describe('an attempt', () => {
  it('is given up when its error is kept under the key, and another one takes its place', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    await sandbox.faults({ storedErrors: 1 });
    await api.clockTo('2027-03-01T10:00:00.000Z');
    expect(await api.charges(id)).toMatchObject([{ status: 'unknown' }, { status: 'succeeded' }]);
    await api.clockBy('PT3H');
    expect(await api.subscription(id)).toMatchObject({ status: 'active', currentTerm: { number: 2 } });
    expect((await requests(id)).slice(1)).toMatchObject([{ failure: 'given_up' }, { status: 'succeeded' }]);
  });

  it('asks what it asked first, also when another method comes meanwhile, which is then tried at once', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1', { paymentMethod: 'pm_card_chargeCustomerFail', startWith: 'trial' }))
      .body;
    await sandbox.faults({ timeoutBeforeCapture: 1, dropWebhooks: true });
    await api.clockTo('2026-03-31T10:00:00.000Z');
    expect(await api.charges(id)).toMatchObject([{ status: 'unknown' }]);
    const another = { paymentMethod: 'pm_card_visa', deductionAuthorized: true };
    const path = `/v1/subscriptions/${id}/payment-method`;
    expect((await api.call('PUT', path, another, { waitSeconds: 0 })).status).toBe(200);
    await sandbox.faults({ dropWebhooks: true });
    await api.clockBy('PT1H');
    expect(await api.subscription(id)).toMatchObject({ status: 'active' });
    const charges = (await requests(id)).filter(({ reference }) => reference.startsWith('charge'));
    expect(charges.map(({ status, failure }) => [status, failure])).toEqual([
      ['failed', 'soft'],
      ['succeeded', null],
    ]);
    expect(charges[0]!.method).not.toBe(charges[1]!.method);
  });

  it('that is under way for days is a case only after the time that deserves, and is settled when it is decided', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    await sandbox.faults({ processingPayments: 1 });
    await api.clockTo('2027-03-03T10:00:00.000Z');
    expect(await kinds()).toEqual([]);
    expect(await api.charges(id)).toMatchObject([{ status: 'pending' }, {}]);
    await api.clockBy('P1DT1H');
    const [open] = await cases();
    expect(open).toMatchObject({ kind: 'payment_undecided' });
    const closing = await api.call(
      'POST',
      `/v1/cases/${open!.id}/resolution`,
      { resolution: 'explained', reason: 'x' },
      { scope: 'operations' },
    );
    expect(closing).toMatchObject({
      status: 409,
      body: { code: 'not_allowed_in_state', detail: expect.stringContaining('/decision') as string },
    });
    const { rows } = await service.database.query<{ id: string }>(
      `select gateway_id as id from gateway_requests where status = 'processing'`,
    );
    await sandbox.finish(rows[0]!.id, true);
    await until('the renewal', async () => (await api.subscription(id)).currentTerm?.number === 2);
    expect(await kinds()).toEqual([]);
  });
});

describe('what banks and networks tell', () => {
  it('an inquiry takes nothing, and the money when it escalates without a word', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    const dispute = await sandbox.dispute(id, { inquiry: true });
    await until(
      'it is known',
      async () => (await service.database.query('select from dispute_inquiries')).rowCount === 1,
    );
    expect(await api.subscription(id)).toMatchObject({ suspendedAt: null });
    await sandbox.faults({ dropWebhooks: true });
    await sandbox.escalate(dispute);
    await api.clockBy('P5D');
    const chargebacks = (await finance<{ data: { status: string; amount: number }[] }>('GET', '/v1/chargebacks')).body
      .data;
    expect(chargebacks).toMatchObject([{ status: 'open', amount: 4999 }]);
    expect((await service.database.query('select from dispute_inquiries')).rowCount).toBe(0);
  });

  it('a warning of fraud is a case for risk, and nothing else', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1', { paymentMethod: 'pm_card_createIssuerFraudRecord' })).body;
    await api.clockBy('PT2H');
    await until('the case', async () => (await kinds()).includes('fraud_warning'));
    expect(await api.subscription(id)).toMatchObject({ status: 'active', suspendedAt: null });
  });

  it('a refund of pm_card_refundFail bounces a day later and is owed again', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1', { paymentMethod: 'pm_card_refundFail' })).body;
    expect((await api.cancel(id)).body.refunds).toMatchObject([{ status: 'succeeded' }]);
    await api.clockBy('P1DT1H');
    await until(
      'it is owed again',
      async () =>
        (await api.refunds(id))[0]?.status !== 'succeeded' || (await api.events(id)).includes('refund.failed'),
    );
    expect(await api.events(id)).toContain('refund.failed');
  });

  it('a refund of pm_card_pendingRefund is under way for a day, and no case', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1', { paymentMethod: 'pm_card_pendingRefund' })).body;
    expect((await api.cancel(id, {}, { waitSeconds: 2 })).body.refunds).toMatchObject([{ status: 'pending' }]);
    await api.clockBy('PT20H');
    expect(await kinds()).toEqual([]);
    await api.clockBy('PT5H');
    await until('it has arrived', async () => (await api.refunds(id))[0]?.status === 'succeeded');
  });

  it('a method that must be set up with the member starts its trial when they have authenticated', async () => {
    const { api, sandbox } = service;
    const { body } = await api.subscribe(
      'm1',
      { paymentMethod: 'pm_card_authenticationRequiredOnSetup', startWith: 'trial' },
      { waitSeconds: 2 },
    );
    expect(body).toMatchObject({ status: 'pending_payment', nextAction: { type: 'authenticate' } });
    const setup = body.nextAction!.clientSecret.split('_secret')[0]!;
    await fetch(`${sandbox.url}/sandbox/setup_intents/${setup}/authenticate`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ succeed: true }),
    });
    await until('the trial', async () => (await api.subscription(body.id)).status === 'trialing');
    await api.clockBy('P30D');
    expect(await api.subscription(body.id)).toMatchObject({ status: 'active' });
  });
});

describe('a refund that others made and the bank sends back', () => {
  it('is owed again, and finance decides', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1', { paymentMethod: 'pm_card_refundFail' })).body;
    await sandbox.merchant('POST', 'refunds', { payment_intent: await sandbox.paymentOf(id), amount: '2000' });
    await until('it is adopted', async () => (await api.refunds(id)).length === 1);
    await api.clockBy('P1DT1H');
    await until('it is owed again', async () => (await api.refunds(id))[0]?.status === 'failed');
    expect(await kinds()).toEqual(['refund_failed', 'refund_found']);
    const [refund] = await api.refunds(id);
    expect((await finance('PUT', `/v1/refunds/${refund!.id}/reason`, { reason: 'goodwill' })).status).toBe(200);
    expect((await finance('POST', `/v1/refunds/${refund!.id}/retries`, { reason: 'another card' })).status).toBe(200);
    await until('it goes back', async () => (await api.refunds(id))[0]?.status === 'succeeded');
  });

  it('of which a part had paid what was owed: that part follows', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1', { paymentMethod: 'pm_card_refundFail' })).body;
    await sandbox.faults({ dropWebhooks: true });
    await sandbox.merchant('POST', 'refunds', { payment_intent: await sandbox.paymentOf(id), amount: '1000' });
    await sandbox.faults({});
    await api.cancel(id);
    await api.clockBy('PT1M');
    expect(await api.refunds(id)).toMatchObject([{ amount: 4999, status: 'succeeded' }]);
    // Every refund of this card comes back a day later: what is owed is sent again, all of it.
    await api.clockBy('P1DT1H');
    await until('it is owed again', async () => (await api.refunds(id))[0]?.status !== 'succeeded');
    await api.clockBy('P1D');
    const { rows } = await service.database.query<{ paid: number; amount: number }>(
      'select paid_minor::int as paid, amount_minor::int as amount from refunds',
    );
    expect(rows[0]!.paid).toBeLessThanOrEqual(rows[0]!.amount);
  });
});

describe('a refund by hand beside one that is owed for something else', () => {
  it.each([false, true])('counts as returned, whether its notice is lost (%s) or not', async (dropWebhooks) => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.clockTo('2026-06-09T10:00:00.000Z');
    await sandbox.faults({ dropWebhooks });
    await sandbox.merchant('POST', 'refunds', { payment_intent: await sandbox.paymentOf(id), amount: '1000' });
    if (!dropWebhooks) await until('it is adopted', async () => (await api.refunds(id)).length === 1);
    await api.cancel(id);
    await api.clockBy('PT1M');
    expect((await api.refunds(id)).map(({ amount, basis }) => [amount, basis]).sort()).toEqual([
      [1000, 'adopted'],
      [3629, 'pro_rata'],
    ]);
    expect((await sandbox.movements()).filter(({ type }) => type === 'refund').map(({ amount }) => amount)).toEqual([
      1000, 3629,
    ]);
  });
});

it('a payment of another member is not adopted as this one', async () => {
  const { api, sandbox } = service;
  const other = (await api.subscribe('other')).body;
  await sandbox.faults({ timeoutBeforeCapture: 1, dropWebhooks: true });
  const { id } = (await api.subscribe('m1', {}, { waitSeconds: 1 })).body;
  await sandbox.faults({ unavailable: true });
  const { id: foreign } = { id: await sandbox.paymentOf(other.id) };
  const [{ reference } = { reference: '' }] = await requests(id);
  const moved = { outcome: 'moved', gatewayId: foreign, reason: 'somebody says so' };
  const proposed = await finance('POST', `/v1/requests/${reference}/decision`, moved);
  await sandbox.faults({});
  const approved = await finance('POST', `/v1/request-decisions/${proposed.body.id}/approval`, {}, 'frank');
  expect(approved).toMatchObject({ status: 409, body: { code: 'gateway_disagrees' } });
  await api.clockBy('PT1H');
});

it('a refund that failed, and a part of whose payment a bank has taken for good: the rest is sent', async () => {
  const { api, sandbox } = service;
  const { id } = (await api.subscribe('m1')).body;
  await sandbox.faults({ failRefunds: 1 });
  expect((await api.cancel(id)).body.refunds).toMatchObject([{ amount: 4999, status: 'failed' }]);
  const dispute = await sandbox.dispute(id, { amount: 1500 });
  await until('the dispute is known', async () => (await kinds()).includes('chargeback'));
  await sandbox.closeDispute(dispute, 'lost');
  await until('the rest goes back', async () => (await api.refunds(id))[0]?.status === 'succeeded');
  const back = (await sandbox.movements()).filter(({ type }) => type === 'refund');
  expect(back.map(({ amount }) => amount)).toEqual([3499]);
  expect(await kinds()).toEqual([]);
});
