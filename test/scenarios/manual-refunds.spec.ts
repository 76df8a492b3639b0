/**
 * The refund desk: every refund by state, age, basis and market; one that failed is sent again or paid another way by two
 * people, one that the bank sends back is owed again, and one that is not paid in time is a case. Nothing is paid twice
 * without a word.
 */
import type { Answer, CancellationAnswer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { balances } from '../support/books.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

let service: Service;

beforeEach(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterEach(async () => {
  await service.sandbox.faults({});
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  await service.stop();
});

interface DeskAnswer {
  id: string;
  subscriptionId: string;
  status: string;
  amount: number;
  basis: string;
  clause: string;
  calculation: { formula: string };
  country: string;
  ageDays: number;
  deadlineAt: string | null;
  overdue: boolean;
  attempts: { number: number; status: string; code?: string }[];
  retryAt: string | null;
  bouncedAt: string | null;
  paidOtherwise: { at: string; by: string; reason: string; bankReference: string } | null;
  payout: { id: string; proposedBy: string } | null;
  code?: string;
}

async function as<T = DeskAnswer>(subject: string, method: string, path: string, body?: object): Promise<Answer<T>> {
  return service.api.call<T>(method, path, body, { token: await service.api.token('finance', subject) });
}

async function desk(query = ''): Promise<DeskAnswer[]> {
  return (await as<{ data: DeskAnswer[] }>('fiona', 'GET', `/v1/refunds${query}`)).body.data;
}

async function refund(id: string): Promise<DeskAnswer> {
  return (await as('fiona', 'GET', `/v1/refunds/${id}`)).body;
}

async function caseKinds(): Promise<string[]> {
  const operations = { scope: 'operations' } as const;
  const { body } = await service.api.call<{ data: { kind: string }[] }>('GET', '/v1/cases', undefined, operations);
  return body.data.map(({ kind }) => kind).sort();
}

const retry = (id: string): Promise<Answer<DeskAnswer>> =>
  as('fiona', 'POST', `/v1/refunds/${id}/retries`, { reason: 'the card works again' });
const propose = (id: string, subject = 'fiona'): Promise<Answer<{ id: string; status: string; code?: string }>> =>
  as(subject, 'POST', `/v1/refunds/${id}/payouts`, { reason: 'the card is closed', bankReference: 'SEPA-2026-17' });
const approve = (payoutId: string, subject = 'frank'): Promise<Answer<DeskAnswer>> =>
  as(subject, 'POST', `/v1/refund-payouts/${payoutId}/approval`, {});

async function cancel(user: string, change: Record<string, unknown> = {}): Promise<CancellationAnswer> {
  const { id } = (await service.api.subscribe(user, change)).body;
  return (await service.api.cancel(id)).body;
}

const idOf = ({ refunds }: CancellationAnswer): string => refunds[0]?.id ?? '';

/** A refund that failed as often as it is tried by itself, with its case. */
async function failedRefund(user = 'm1'): Promise<string> {
  await service.sandbox.faults({ failRefunds: true });
  const id = idOf(await cancel(user));
  await service.api.clockBy('P5D');
  await service.sandbox.faults({});
  return id;
}

/** The gateway's id of an attempt. */
async function gatewayIdOf(refundId: string, attempt: number): Promise<string> {
  const { rows } = await service.database.query<{ gateway_id: string }>(
    'select gateway_id from gateway_requests where subject_id = $1 and attempt = $2',
    [refundId, attempt],
  );
  return rows[0]?.gateway_id ?? '';
}

async function bounce(refundId: string, attempt = 1): Promise<void> {
  await service.sandbox.refundBecomes(await gatewayIdOf(refundId, attempt), 'failure');
  await until('the refund bounced', async () => (await refund(refundId)).status === 'failed');
}

describe('the list', () => {
  it('shows every refund with its age, deadline and attempts, by state, age, basis and market', async () => {
    const { api, sandbox } = service;
    const spanish = idOf(await cancel('m1'));
    await api.clockBy('P3D');
    const french = idOf(await cancel('m2', { country: 'FR', residenceCountry: 'FR' }));
    const kuwaiti = idOf(await cancel('m3', { country: 'KW', residenceCountry: 'KW' }));
    await api.clockBy('P2D');
    await sandbox.faults({ failRefunds: 1 });
    const failed = idOf(await cancel('m4'));
    const { body } = await api.subscribe('m5');
    await api.call(
      'POST',
      `/v1/subscriptions/${body.id}/compensations`,
      { amount: 100, reason: 'outage' },
      { scope: 'operations' },
    );
    const [compensation] = await api.refunds(body.id);
    const all = [compensation?.id, failed, kuwaiti, french, spanish];

    const found = await desk();
    expect(found.map(({ id }) => id)).toEqual(all);
    expect(found.map(({ ageDays }) => ageDays)).toEqual([0, 0, 0, 0, 0]);
    expect(found[1]).toMatchObject({
      status: 'failed',
      amount: 4999,
      basis: 'full_less_benefits',
      clause: '3.4.1',
      country: 'ES',
      calculation: { formula: '4999 paid − 0 deducted = 4999' },
      attempts: [{ number: 1, status: 'failed', code: 'unknown' }],
      // 14 days after 6 March in Madrid: 20 March there ends at 23:00 UTC.
      deadlineAt: '2026-03-20T23:00:00.000Z',
      overdue: false,
      retryAt: '2026-03-06T11:00:00.000Z',
      paidOtherwise: null,
    });
    expect(found[2]).toMatchObject({ country: 'KW', deadlineAt: null, attempts: [{ status: 'succeeded' }] });

    const ids = async (query: string): Promise<string[]> => (await desk(query)).map(({ id }) => id);
    expect(await ids('?status=failed')).toEqual([failed]);
    expect(await ids('?country=FR')).toEqual([french]);
    expect(await ids('?basis=compensation')).toEqual([compensation?.id]);
    expect(await ids('?olderThanDays=2')).toEqual([kuwaiti, french, spanish]);
    expect(await ids('?olderThanDays=3')).toEqual([spanish]);
    expect(await ids('?from=2026-03-04T10:00:00.000Z&to=2026-03-06T10:00:00.000Z')).toEqual([kuwaiti, french]);
    expect(await ids('?status=succeeded&country=ES')).toEqual([compensation?.id, spanish]);
    const first = await as<{ data: DeskAnswer[]; nextCursor: string }>('fiona', 'GET', '/v1/refunds?limit=3');
    const rest = await ids(`?limit=3&cursor=${first.body.nextCursor}`);
    expect([...first.body.data.map(({ id }) => id), ...rest]).toEqual(all);
    for (const query of ['?status=lost', '?olderThanDays=-1', '?overdue=yes', '?country=es', '?unknown=1']) {
      expect(await as('fiona', 'GET', `/v1/refunds${query}`)).toMatchObject({ status: 422 });
    }
    expect(await as('fiona', 'GET', '/v1/refunds/01932a4e-1234-7abc-8123-123456789abc')).toMatchObject({ status: 404 });
  });
});

describe('a refund that failed', () => {
  it('is sent again now, and its case closes with it', async () => {
    const id = await failedRefund();
    expect(await caseKinds()).toEqual(['refund_failed']);
    expect(await retry(id)).toMatchObject({ status: 200, body: { status: 'succeeded' } });
    expect((await refund(id)).attempts).toHaveLength(6);
    expect(await caseKinds()).toEqual([]);
    expect(await balances(service.api)).toEqual({});
    expect(await retry(id)).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state' } });
    expect(await propose(id)).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state' } });
  });

  it('that fails once more is a case again, also after a person closed the one before', async () => {
    const { api, sandbox } = service;
    const id = await failedRefund();
    const operations = { scope: 'operations' } as const;
    const { body } = await api.call<{ data: { id: string }[] }>('GET', '/v1/cases', undefined, operations);
    await api.call('POST', `/v1/cases/${body.data[0]?.id}/resolution`, { resolution: 'sent again' }, operations);
    await sandbox.faults({ failRefunds: 1 });
    expect(await retry(id)).toMatchObject({ status: 200, body: { status: 'failed', retryAt: null } });
    expect(await caseKinds()).toEqual(['refund_failed']);
  });

  it('is paid another way when a second person approves, and is tried no more', async () => {
    const { api, sandbox } = service;
    await sandbox.faults({ failRefunds: 1 });
    const id = idOf(await cancel('m1'));
    const proposed = await propose(id);
    expect(proposed).toMatchObject({ status: 202, body: { status: 'proposed' } });
    expect(await refund(id)).toMatchObject({ status: 'failed', retryAt: null, payout: { proposedBy: 'fiona' } });
    expect(await caseKinds()).toEqual(['refund_failed']);
    expect(await propose(id, 'frank')).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state' } });
    expect(await approve(proposed.body.id, 'fiona')).toMatchObject({ status: 403, body: { code: 'four_eyes' } });
    expect(await balances(api)).toEqual({ gateway_receivable: 4999, refunds_payable: -4999 });
    await api.clockBy('P1D');
    const approved = await approve(proposed.body.id);
    expect(approved).toMatchObject({
      status: 200,
      body: {
        status: 'succeeded',
        ageDays: 1,
        payout: null,
        paidOtherwise: { by: 'frank', reason: 'the card is closed', bankReference: 'SEPA-2026-17' },
      },
    });
    expect(await approve(proposed.body.id, 'felix')).toMatchObject({ status: 409 });
    expect(await balances(api)).toEqual({ gateway_receivable: 4999, bank: -4999 });
    expect(await caseKinds()).toEqual([]);
    expect(await api.refunds(approved.body.subscriptionId)).toMatchObject([{ status: 'succeeded' }]);
    await api.clockBy('P30D');
    expect(await sandbox.movements()).toHaveLength(1);
    expect(await approve('01932a4e-1234-7abc-8123-123456789abc')).toMatchObject({ status: 404 });
  });

  it('takes one of a payout and a retry when they collide, and withdraws what was proposed', async () => {
    const { sandbox } = service;
    for (let round = 0; round < 4; round += 1) {
      await sandbox.faults({ failRefunds: 1 });
      const id = idOf(await cancel(`m${round}`));
      const { id: payoutId } = (await propose(id)).body;
      const [approved, retried, again] = await Promise.all([approve(payoutId), retry(id), approve(payoutId, 'felix')]);
      const statuses = [approved.status, retried.status, again.status];
      expect(statuses.filter((status) => status === 200)).toHaveLength(1);
      expect((await refund(id)).paidOtherwise === null).toBe(retried.status === 200);
      expect((await refund(id)).payout).toBeNull();
    }
  });

  it('is left alone while the gateway has not decided', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    await sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
    const canceled = await api.cancel(id, {}, { waitSeconds: 1 });
    const refundId = idOf(canceled.body);
    expect(await retry(refundId)).toMatchObject({ status: 409, body: { code: 'payment_in_progress' } });
    expect(await propose(refundId)).toMatchObject({ status: 409, body: { code: 'payment_in_progress' } });
    await sandbox.faults({});
    await api.clockBy('PT1M');
    expect(await refund(refundId)).toMatchObject({ status: 'succeeded', paidOtherwise: null });
  });

  it('and was paid another way is a case when the gateway returns it after all', async () => {
    const { api, sandbox } = service;
    const id = await failedRefund();
    const { body } = await propose(id);
    await approve(body.id);
    const late = await gatewayIdOf(id, 2);
    await sandbox.refundBecomes(late, 'success');
    await until('a case opens', async () => (await caseKinds()).length > 0);
    expect(await caseKinds()).toEqual(['refund_paid_twice']);
    // The member holds 4999 too much: a debit of what is owed.
    expect(await balances(api)).toEqual({ bank: -4999, refunds_payable: 4999 });
    await sandbox.refundBecomes(late, 'failure');
    await until('the case closes', async () => (await caseKinds()).length === 0);
    expect(await balances(api)).toEqual({ bank: -4999, gateway_receivable: 4999 });
    expect(await refund(id)).toMatchObject({ status: 'succeeded', paidOtherwise: { bankReference: 'SEPA-2026-17' } });
  });
});

describe('a refund that the bank sends back', () => {
  it('is owed again, and tried again by itself', async () => {
    const { api, sandbox } = service;
    const id = idOf(await cancel('m1'));
    expect(await balances(api)).toEqual({});
    await api.clockBy('P3D');
    await sandbox.faults({ duplicateWebhooks: true });
    await bounce(id);
    await sandbox.faults({});
    expect(await refund(id)).toMatchObject({
      status: 'failed',
      bouncedAt: '2026-03-04T10:00:00.000Z',
      retryAt: '2026-03-04T11:00:00.000Z',
      attempts: [{ number: 1, status: 'reversed', code: 'expired_or_canceled_card' }],
    });
    expect(await balances(api)).toEqual({ gateway_receivable: 4999, refunds_payable: -4999 });
    await api.clockBy('PT1H');
    expect(await refund(id)).toMatchObject({
      status: 'succeeded',
      attempts: [{ status: 'reversed' }, { status: 'succeeded' }],
    });
    expect(await balances(api)).toEqual({});
    expect((await sandbox.movements()).map(({ type }) => type)).toEqual([
      'capture',
      'refund',
      'refund_failure',
      'refund',
    ]);
  });

  it('every time becomes a case, and is paid another way', async () => {
    const { api } = service;
    const id = idOf(await cancel('m1'));
    for (let attempt = 1; attempt <= 5; attempt += 1) {
      await bounce(id, attempt);
      await api.clockBy('P4D');
    }
    expect(await refund(id)).toMatchObject({ status: 'failed', retryAt: null });
    expect(await caseKinds()).toEqual(['refund_failed', 'refund_overdue']);
    await approve((await propose(id)).body.id);
    expect(await refund(id)).toMatchObject({ status: 'succeeded', paidOtherwise: { by: 'frank' } });
    expect(await caseKinds()).toEqual([]);
    expect(await balances(api)).toEqual({ gateway_receivable: 4999, bank: -4999 });
  });
});

describe('the deadline of the market', () => {
  it('makes a case of what is not paid by then, once, and closes it with the payment', async () => {
    const { api } = service;
    const id = await failedRefund();
    // 14 days after 1 March in Madrid: the first moment of 16 March there.
    expect(await refund(id)).toMatchObject({ deadlineAt: '2026-03-15T23:00:00.000Z', overdue: false });
    expect(await api.clockTo('2026-03-15T22:59:59.999Z')).toEqual({});
    expect(await desk('?overdue=true')).toEqual([]);
    expect(await api.clockTo('2026-03-15T23:00:00.000Z')).toEqual({ watch_refund: 1 });
    expect(await desk('?overdue=true')).toMatchObject([{ id, overdue: true }]);
    expect(await desk('?overdue=false')).toEqual([]);
    expect(await caseKinds()).toEqual(['refund_failed', 'refund_overdue']);
    expect(await api.clockBy('P30D')).toEqual({});
    await retry(id);
    expect(await caseKinds()).toEqual([]);
    expect(await desk('?overdue=true')).toEqual([]);
  });

  it('counts again for what comes back after it', async () => {
    const { api } = service;
    const id = idOf(await cancel('m1'));
    expect(await api.clockTo('2026-04-01T10:00:00.000Z')).toEqual({});
    await bounce(id);
    await until('it is overdue', async () => (await caseKinds()).includes('refund_overdue'));
    expect(await refund(id)).toMatchObject({ overdue: true, ageDays: 31 });
  });

  it('is none where no law says one', async () => {
    const { api, sandbox } = service;
    await sandbox.faults({ failRefunds: true });
    const id = idOf(await cancel('m1', { country: 'KW', residenceCountry: 'KW' }));
    await api.clockBy('P60D');
    expect(await refund(id)).toMatchObject({ status: 'failed', deadlineAt: null, overdue: false });
    expect(await caseKinds()).toEqual(['refund_failed']);
  });
});
