/**
 * A member disputes a payment with the bank: benefits and auto-renewal stop, the books follow, a case opens; then the bank
 * decides. However the news comes, twice, late or not at all, each dispute is booked once.
 */
import { Client } from 'pg';
import Stripe from 'stripe';
import type { Answer, RefundAnswer, SubscriptionAnswer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { balances } from '../support/books.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const END = '2027-03-01T10:00:00.000Z';
// Day 100: 4131 net × 265 / 365 = 2999.2 → 2999 not earned, 1132 earned.
const DAY_100 = '2026-06-09T10:00:00.000Z';
const FINANCE = { scope: 'finance' } as const;
let service: Service;
/** What the gateway holds that is not ours, by its references. */
let foreign: string[] = [];

beforeEach(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterEach(async () => {
  await service.sandbox.faults({});
  await service.api.clockBy('PT1H');
  const faults = await audit(service.database, service.sandbox);
  expect(faults.filter((fault) => !foreign.some((one) => fault.includes(one)))).toEqual([]);
  foreign = [];
  await service.stop();
});

interface ChargebackAnswer {
  id: string;
  chargeId: string;
  subscriptionId: string;
  gatewayDisputeId: string;
  amount: number;
  currency: string;
  reason: string;
  status: string;
  openedAt: string;
  closedAt: string | null;
}

interface CaseAnswer {
  kind: string;
  explanation: string;
  subscriptionId: string;
}

async function chargebacks(query = ''): Promise<ChargebackAnswer[]> {
  const path = `/v1/chargebacks${query}`;
  return (await service.api.call<{ data: ChargebackAnswer[] }>('GET', path, undefined, FINANCE)).body.data;
}

async function openCases(): Promise<CaseAnswer[]> {
  const operations = { scope: 'operations' } as const;
  return (await service.api.call<{ data: CaseAnswer[] }>('GET', '/v1/cases', undefined, operations)).body.data;
}

function become(dispute: string, status: string): Promise<void> {
  return until(`${dispute} becomes ${status}`, async () =>
    (await chargebacks()).some((one) => one.gatewayDisputeId === dispute && one.status === status),
  );
}

/** Disputes the payment whose reference holds this, and waits until it is booked. */
async function dispute(reference: string, order: { amount?: number; reason?: string } = {}): Promise<string> {
  const id = await service.sandbox.dispute(reference, order);
  await become(id, 'open');
  return id;
}

async function close(id: string, status: 'won' | 'lost'): Promise<void> {
  await service.sandbox.closeDispute(id, status);
  await become(id, status);
}

const risk = (id: string, what: string, body: object): Promise<Answer<SubscriptionAnswer>> =>
  service.api.call('POST', `/v1/subscriptions/${id}/${what}`, { reason: 'reviewed', ...body }, { scope: 'risk' });
const compensate = (id: string, amount: number): Promise<Answer<{ refunds: RefundAnswer[]; code?: string }>> => {
  const operations = { scope: 'operations' } as const;
  return service.api.call('POST', `/v1/subscriptions/${id}/compensations`, { amount, reason: 'owed' }, operations);
};
const buyNextTerm = (id: string): Promise<Answer> =>
  service.api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {});

describe('a dispute', () => {
  it('stops benefits and auto-renewal, is booked, told, and makes a case', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    const charge = (await api.charges(id))[0];
    await api.clockTo(DAY_100);
    const gatewayDisputeId = await dispute(id, { reason: 'subscription_canceled' });
    expect(await api.subscription(id)).toMatchObject({
      status: 'active',
      suspendedAt: DAY_100,
      suspendedFor: 'chargeback',
      autoRenewal: false,
      nextChargeAt: null,
    });
    expect((await api.entitlement('m1')).body).toMatchObject({ entitled: false, reason: 'suspended' });
    expect(await chargebacks('?status=open')).toEqual([
      {
        id: expect.any(String) as string,
        chargeId: charge?.id,
        subscriptionId: id,
        gatewayDisputeId,
        amount: 4999,
        currency: 'EUR',
        reason: 'subscription_canceled',
        status: 'open',
        openedAt: DAY_100,
        closedAt: null,
      },
    ]);
    expect(await chargebacks('?status=won')).toEqual([]);
    expect(await balances(api)).toEqual({ disputed_captures: 4999, deferred_revenue: -4131, tax_payable: -868 });
    expect(await openCases()).toMatchObject([{ kind: 'chargeback', subscriptionId: id }]);
    expect((await api.events(id)).slice(-3)).toEqual([
      'chargeback.opened',
      'subscription.suspended',
      'subscription.auto_renewal_changed',
    ]);
    const told = await service.database.query<{ event: string }>(
      `select event from outbox_events where occurred_at = $1 order by id`,
      [DAY_100],
    );
    expect(told.rows.map(({ event }) => event).sort()).toEqual([
      'case.opened',
      'chargeback.opened',
      'subscription.auto_renewal_changed',
      'subscription.suspended',
    ]);
  });

  it('that is won gives the lost days back, and the member switches auto-renewal on', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.clockTo(DAY_100);
    const disputed = await dispute(id);
    await api.clockBy('P20DT1S');
    await close(disputed, 'won');
    // 20 days and a second: 21 days given back.
    expect(await api.subscription(id)).toMatchObject({
      suspendedAt: null,
      suspendedFor: null,
      autoRenewal: false,
      currentTerm: { endsAt: '2027-03-22T10:00:00.000Z' },
    });
    expect((await api.entitlement('m1')).body).toMatchObject({ entitled: true });
    expect(await openCases()).toEqual([]);
    expect(await balances(api)).toEqual({ gateway_receivable: 4999, deferred_revenue: -4131, tax_payable: -868 });
    expect((await api.events(id)).slice(-2)).toEqual(['chargeback.won', 'subscription.reinstated']);
    expect((await api.autoRenewal(id, true)).status).toBe(200);
    await api.clockTo('2027-03-22T10:00:00.000Z');
    expect(await api.subscription(id)).toMatchObject({ status: 'active', currentTerm: { number: 2 } });
  });

  it('that is lost leaves it suspended: it runs out uncharged, and nothing more goes back', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    const disputed = await dispute(id);
    await api.clockTo(DAY_100);
    await close(disputed, 'lost');
    expect(await chargebacks('?status=lost')).toMatchObject([{ status: 'lost', closedAt: DAY_100 }]);
    expect(await balances(api)).toEqual({ membership_revenue: -1132, chargeback_losses: 1132 });
    expect(await openCases()).toEqual([]);
    expect(await api.subscription(id)).toMatchObject({ status: 'active', suspendedFor: 'chargeback' });
    expect((await api.quote(id)).body).toMatchObject({ basis: 'pro_rata', refund: { amount: 0 } });
    expect(await compensate(id, 1)).toMatchObject({ status: 422, body: { code: 'exceeds_collected' } });
    expect(await risk(id, 'reinstatement', { mistaken: true })).toMatchObject({ status: 409 });
    expect((await api.autoRenewal(id, true)).status).toBe(200);
    await api.clockTo(END);
    expect(await api.subscription(id)).toMatchObject({ status: 'expired', endReason: 'suspended' });
    expect((await sandbox.movements()).map(({ type }) => type)).toEqual(['capture', 'chargeback']);
    expect((await api.subscribe('m1')).status).toBe(201);
  });

  it('of less than the fee that is lost forfeits what the bank left of the unearned rest', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    const disputed = await dispute(id, { amount: 1000 });
    await api.clockTo(DAY_100);
    // 4999 × 265 / 365 = 3629.4; of 4999 only 3999 is not disputed.
    expect((await api.quote(id)).body.refund.amount).toBe(3629);
    await close(disputed, 'lost');
    // 868 × 1000 / 4999 = 173.6 → 174 of the tax; 2999 − (1000 − 174) = 2173
    expect(await balances(api)).toEqual({
      gateway_receivable: 3999,
      tax_payable: -694,
      membership_revenue: -1132,
      forfeited_fees: -2173,
    });
  });

  it('about a payment that is none of ours is nobody here', async () => {
    const { sandbox, database } = service;
    const { hostname: host, port } = new URL(sandbox.url);
    const stripe = new Stripe('sk_test_other', { host, port, protocol: 'http', maxNetworkRetries: 0 });
    const order = { amount: 700, currency: 'eur', payment_method: 'pm_card_visa', confirm: true };
    await stripe.paymentIntents.create({ ...order, metadata: { reference: 'shop-17' } });
    const disputed = await sandbox.dispute('shop-17');
    foreign = ['shop-17', disputed];
    const applied = `select 1 from gateway_events where type = 'charge.dispute.created' and applied_at is not null`;
    await until('the event is applied', async () => (await database.query(applied)).rowCount === 1);
    expect(await chargebacks()).toEqual([]);
    expect(await openCases()).toEqual([]);
  });

  it('that changes its amount is a case, and nothing more is booked', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    const disputed = await dispute(id);
    const gateway = new Client({ connectionString: service.sandboxDatabaseUrl });
    await gateway.connect();
    await gateway.query(`update objects set body = jsonb_set(body::jsonb, '{amount}', '4000')::json where id = $1`, [
      disputed,
    ]);
    await gateway.end();
    await sandbox.closeDispute(disputed, 'lost');
    await until('a case opens', async () => (await openCases()).length === 2);
    expect((await openCases())[0]?.explanation).toContain('it was about 4999, now it is about 4000');
    expect(await balances(api)).toMatchObject({ disputed_captures: 4999 });
  });
});

describe('the news of a dispute', () => {
  it('is booked once however often it comes', async () => {
    const { api, sandbox, database } = service;
    const { id } = (await api.subscribe('m1')).body;
    await sandbox.faults({ duplicateWebhooks: true });
    const disputed = await dispute(id);
    await close(disputed, 'won');
    await database.query(
      `update gateway_events set applied_at = null, claimed_until = null where type like 'charge.dispute.%'`,
    );
    await api.clockBy('PT1M');
    expect(await chargebacks()).toHaveLength(1);
    const { rows } = await database.query<{ fact: string }>(
      `select fact from ledger_transactions where fact like 'chargeback%' order by fact`,
    );
    expect(rows.map(({ fact }) => fact)).toEqual(['chargeback_opened', 'chargeback_won']);
  });

  it('may come in the wrong order: the end alone opens and closes it', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    await sandbox.faults({ dropWebhooks: true });
    const disputed = await sandbox.dispute(id);
    await sandbox.faults({});
    await close(disputed, 'lost');
    expect((await api.events(id)).slice(-4)).toEqual([
      'chargeback.opened',
      'subscription.suspended',
      'subscription.auto_renewal_changed',
      'chargeback.lost',
    ]);
    expect(await openCases()).toEqual([]);
  });

  it('that is lost is found in the list of the gateway, and its end by asking a day later', async () => {
    const { api, sandbox, database } = service;
    const { id } = (await api.subscribe('m1')).body;
    await sandbox.faults({ dropWebhooks: true });
    const disputed = await sandbox.dispute(id);
    await database.query(`update dispute_looks set next_look_at = '-infinity'`);
    await become(disputed, 'open');
    await sandbox.closeDispute(disputed, 'won');
    await api.clockBy('PT23H');
    expect(await chargebacks()).toMatchObject([{ status: 'open' }]);
    await api.clockBy('PT1H');
    expect(await chargebacks()).toMatchObject([{ status: 'won' }]);
    expect(await api.clockBy('P30D')).not.toHaveProperty('ask_chargeback');
  });

  it('that comes before the capture is booked waits for it', async () => {
    const { api, sandbox, database } = service;
    await sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
    const { id } = (await api.subscribe('m1', {}, { waitSeconds: 1 })).body;
    await sandbox.faults({});
    const disputed = await sandbox.dispute(id);
    const waiting = `select 1 from gateway_events where attempts > 0 and applied_at is null`;
    await until('an event waits', async () => (await database.query(waiting)).rowCount !== 0);
    expect(await chargebacks()).toEqual([]);
    await api.clockBy('PT2M');
    expect(await chargebacks()).toMatchObject([{ gatewayDisputeId: disputed, subscriptionId: id }]);
    expect(await api.subscription(id)).toMatchObject({ status: 'active', suspendedFor: 'chargeback' });
  });

  it('that comes while the gateway is away waits until it answers', async () => {
    const { api, sandbox, database } = service;
    const { id } = (await api.subscribe('m1')).body;
    await sandbox.faults({ unavailable: true });
    const disputed = await sandbox.dispute(id);
    const waiting = `select 1 from gateway_events where attempts > 0 and applied_at is null`;
    await until('an event waits', async () => (await database.query(waiting)).rowCount !== 0);
    expect(await chargebacks()).toEqual([]);
    await sandbox.faults({});
    await api.clockBy('PT2M');
    expect(await chargebacks()).toMatchObject([{ gatewayDisputeId: disputed, status: 'open' }]);
  });
});

describe('a membership that is disputed', () => {
  it('and canceled meanwhile returns nothing; won, a person pays what the cancellation owed', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    const disputed = await dispute(id);
    await api.clockTo(DAY_100);
    const quoted = (await api.quote(id)).body;
    expect(quoted).toMatchObject({ refund: { amount: 0 }, lines: [{}, {}, { kind: 'already_returned' }] });
    const canceled = await api.cancel(id, { quoteId: quoted.id });
    expect(canceled.body).toMatchObject({ subscription: { status: 'canceled' }, refunds: [] });
    expect(await balances(api)).toEqual({ disputed_captures: 4999, membership_revenue: -4131, tax_payable: -868 });
    await close(disputed, 'won');
    expect(await openCases()).toMatchObject([{ kind: 'chargeback_won_after_end', subscriptionId: id }]);
    expect((await compensate(id, 3629)).body.refunds).toMatchObject([{ amount: 3629, status: 'succeeded' }]);
    // 868 × 3629 / 4999 = 630.1 → 630 of the tax
    expect(await balances(api)).toEqual({
      gateway_receivable: 1370,
      tax_payable: -238,
      membership_revenue: -4131,
      revenue_reductions: 2999,
    });
  });

  it('makes a quote stale that was given before', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    const quoted = (await api.quote(id)).body;
    await dispute(id);
    expect(await api.cancel(id, { quoteId: quoted.id })).toMatchObject({ status: 409, body: { code: 'quote_stale' } });
  });

  it('says in its case what was returned before, and loses both when the dispute is lost', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.clockTo(DAY_100);
    expect((await api.cancel(id)).body.refunds).toMatchObject([{ amount: 3629, status: 'succeeded' }]);
    const disputed = await dispute(id);
    const [opened] = await openCases();
    expect(opened?.explanation).toContain('refunds of 3629 EUR were decided before it');
    expect(await api.subscription(id)).toMatchObject({ status: 'canceled', suspendedFor: null });
    await close(disputed, 'lost');
    // The tax of the 1370 that had not gone back: 868 − 630 = 238
    expect(await balances(api)).toEqual({
      gateway_receivable: -3629,
      membership_revenue: -1132,
      chargeback_losses: 4761,
    });
  });

  it('expires suspended, and is reopened with the lost days when the dispute is won', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.clockTo('2027-02-19T10:00:00.000Z');
    const disputed = await dispute(id);
    await api.clockTo('2027-04-01T10:00:00.000Z');
    expect(await api.subscription(id)).toMatchObject({ status: 'expired', endReason: 'suspended' });
    expect(await risk(id, 'reinstatement', { mistaken: true })).toMatchObject({ status: 409 });
    await close(disputed, 'won');
    // 10 days were left, 41 days were lost: it ends 10 days from now.
    expect(await api.subscription(id)).toMatchObject({
      status: 'active',
      endedAt: null,
      suspendedFor: null,
      currentTerm: { endsAt: '2027-04-11T10:00:00.000Z', status: 'running' },
    });
    expect((await api.entitlement('m1')).body).toMatchObject({ entitled: true });
    await api.clockTo('2027-04-11T10:00:00.000Z');
    expect(await api.subscription(id)).toMatchObject({ status: 'expired', endReason: 'auto_renewal_off' });
  });

  it('stays ended where the member has begun anew: a person decides', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await api.clockTo('2027-02-19T10:00:00.000Z');
    const disputed = await dispute(id);
    await api.clockTo(END);
    expect((await api.subscribe('m1')).status).toBe(201);
    await close(disputed, 'won');
    expect(await api.subscription(id)).toMatchObject({ status: 'expired' });
    expect(await openCases()).toMatchObject([{ kind: 'chargeback_won_after_end' }]);
  });
});

describe('a chargeback beside a finding', () => {
  it('leaves the finding on when it is won', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    const disputed = await dispute(id);
    await api.clockBy('P5D');
    expect((await risk(id, 'suspension', {})).body).toMatchObject({ suspendedFor: 'finding' });
    expect(await risk(id, 'suspension', {})).toMatchObject({ status: 409 });
    await close(disputed, 'won');
    expect((await api.entitlement('m1')).body).toMatchObject({ entitled: false });
    await api.clockBy('P5D');
    // Mistaken: all that was lost since the dispute began, 10 days, is given back.
    expect((await risk(id, 'reinstatement', { mistaken: true })).body).toMatchObject({
      suspendedAt: null,
      currentTerm: { endsAt: '2027-03-11T10:00:00.000Z' },
    });
  });

  it('goes on suspending when the finding is lifted, and gives all the days back when it is won', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await risk(id, 'suspension', {});
    await api.clockBy('P5D');
    const disputed = await dispute(id);
    expect((await api.subscription(id)).autoRenewal).toBe(false);
    await api.clockBy('P5D');
    expect((await risk(id, 'reinstatement', { mistaken: true })).body).toMatchObject({
      suspendedFor: 'chargeback',
      currentTerm: { endsAt: END },
    });
    expect((await api.entitlement('m1')).body).toMatchObject({ entitled: false });
    await api.clockBy('P5D');
    await close(disputed, 'won');
    expect(await api.subscription(id)).toMatchObject({
      suspendedAt: null,
      currentTerm: { endsAt: '2027-03-16T10:00:00.000Z' },
    });
  });

  it('gives back only its own days when the finding was right', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    await risk(id, 'suspension', {});
    const disputed = await dispute(id);
    await api.clockBy('P5D');
    await risk(id, 'reinstatement', { mistaken: false });
    await api.clockBy('P3D');
    await close(disputed, 'won');
    expect(await api.subscription(id)).toMatchObject({ currentTerm: { endsAt: '2027-03-04T10:00:00.000Z' } });
  });
});

describe('a term bought early', () => {
  it('cannot be withdrawn while its payment is disputed, and never begins when it is lost', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    await buyNextTerm(id);
    const [next] = await api.charges(id);
    const disputed = await dispute(next?.reference ?? '');
    const withdrawn = await api.call('POST', `/v1/subscriptions/${id}/early-renewal/cancellation`, {});
    expect(withdrawn).toMatchObject({ status: 409, body: { code: 'charge_disputed' } });
    await api.clockBy('P2D');
    await close(disputed, 'lost');
    // The running term is paid: its benefits are on again, with the two days.
    expect(await api.subscription(id)).toMatchObject({
      suspendedFor: null,
      nextTerm: null,
      currentTerm: { number: 1, endsAt: '2027-03-03T10:00:00.000Z' },
    });
    expect(await balances(api)).toEqual({ gateway_receivable: 4999, deferred_revenue: -4131, tax_payable: -868 });
    expect((await sandbox.movements()).map(({ type }) => type)).toEqual(['capture', 'capture', 'chargeback']);
  });

  it('begins with benefits on although the fee of the term before was charged back', async () => {
    const { api } = service;
    const { id } = (await api.subscribe('m1')).body;
    const [first] = await api.charges(id);
    await buyNextTerm(id);
    const disputed = await dispute(first?.reference ?? '');
    await close(disputed, 'lost');
    expect((await api.entitlement('m1')).body).toMatchObject({ entitled: false });
    await api.clockTo(END);
    expect(await api.subscription(id)).toMatchObject({
      suspendedFor: null,
      currentTerm: { number: 2, endsAt: '2028-02-29T10:00:00.000Z' },
    });
    expect((await api.entitlement('m1')).body).toMatchObject({ entitled: true });
  });
});

describe('a refund of a disputed payment', () => {
  /** A refund that failed once and is to be tried again in an hour. */
  async function waitingRefund(user: string): Promise<{ id: string; refundId: string }> {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe(user)).body;
    await sandbox.faults({ failRefunds: 1 });
    const [refund] = (await api.cancel(id)).body.refunds;
    expect(refund).toMatchObject({ amount: 4999, status: 'failed' });
    return { id, refundId: refund?.id ?? '' };
  }

  const desk = (refundId: string): Promise<Answer> =>
    service.api.call('GET', `/v1/refunds/${refundId}`, undefined, FINANCE);

  it('is refused by the gateway, waits for the bank, and is paid by it when the dispute is lost', async () => {
    const { api } = service;
    const { id, refundId } = await waitingRefund('m1');
    const disputed = await dispute(id);
    await api.clockBy('PT1H');
    expect((await desk(refundId)).body).toMatchObject({
      status: 'failed',
      retryAt: null,
      attempts: [{ code: 'unknown' }, { code: 'charge_disputed' }],
    });
    expect((await openCases()).map(({ kind }) => kind).sort()).toEqual(['chargeback', 'refund_failed']);
    const body = { reason: 'asked for', bankReference: 'SEPA-1' };
    for (const path of ['retries', 'payouts']) {
      const sent = path === 'retries' ? { reason: 'asked for' } : body;
      const refused = await api.call('POST', `/v1/refunds/${refundId}/${path}`, sent, FINANCE);
      expect(refused).toMatchObject({ status: 409, body: { code: 'charge_disputed' } });
    }
    await close(disputed, 'lost');
    expect((await desk(refundId)).body).toMatchObject({
      status: 'succeeded',
      paidOtherwise: { by: 'gateway', bankReference: disputed },
    });
    // Canceled inside the period on its first day, nothing earned: all of it went back, through the bank.
    expect(await balances(api)).toEqual({});
    expect(await openCases()).toEqual([]);
  });

  it('is sent again when the dispute is won', async () => {
    const { api } = service;
    const { id, refundId } = await waitingRefund('m1');
    const disputed = await dispute(id);
    await api.clockBy('PT1H');
    await close(disputed, 'won');
    await until('the refund succeeds', async () => (await desk(refundId)).body.status === 'succeeded');
    expect(await balances(api)).toEqual({});
    expect(await openCases()).toEqual([]);
  });

  it('of an unapplied payment is settled in the same way', async () => {
    const { api, sandbox, database } = service;
    await sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
    const { id } = (await api.subscribe('m1', {}, { waitSeconds: 1 })).body;
    await sandbox.faults({ unavailable: true });
    await api.clockBy('PT23H');
    await sandbox.faults({ failRefunds: true });
    await api.clockBy('P1D');
    expect(await api.refunds(id)).toMatchObject([{ amount: 4999, status: 'failed' }]);
    const disputed = await dispute(id);
    expect(await balances(api)).toEqual({ disputed_captures: 4999, refunds_payable: -4999 });
    await sandbox.faults({});
    await api.clockBy('P1D');
    await close(disputed, 'lost');
    expect(await api.refunds(id)).toMatchObject([{ status: 'succeeded' }]);
    expect(await balances(api)).toEqual({});
    expect((await database.query('select 1 from deferred_fees')).rowCount).toBe(0);
  });

  it('goes back once or is refused when both meet at the gateway, and the books agree in either order', async () => {
    const { api, sandbox } = service;
    for (let round = 0; round < 6; round += 1) {
      const { id } = (await api.subscribe(`race-${round}`)).body;
      const [disputed] = await Promise.all([sandbox.dispute(id), api.cancel(id, {}, { waitSeconds: 0 })]);
      await become(disputed, 'open');
      await sandbox.closeDispute(disputed, 'lost');
      await api.clockBy('P1D');
      expect(await chargebacks()).toMatchObject([{ status: 'lost' }, ...Array<object>(round).fill({})]);
      const refunds = await api.refunds(id);
      expect(refunds.filter(({ status }) => status !== 'succeeded')).toEqual([]);
      expect(await audit(service.database, sandbox)).toEqual([]);
    }
  });
});

describe('a settlement', () => {
  interface Settlement {
    id: string;
    status: string;
    breaks: number;
    bookedAt: string | null;
  }

  async function settle(): Promise<Settlement> {
    const { api, sandbox } = service;
    const file = await (await fetch(`${sandbox.url}/sandbox/settlement.csv`)).text();
    const form = new FormData();
    form.append('file', new Blob([file], { type: 'text/csv' }), 'settlement.csv');
    const headers = { authorization: `Bearer ${await api.token('finance')}` };
    const sent = await fetch(`${api.url}/v1/settlements?gateway=stripe`, { method: 'POST', headers, body: form });
    const { id } = (await sent.json()) as { id: string };
    const read = async (): Promise<Settlement> =>
      (await api.call<Settlement>('GET', `/v1/settlements/${id}`, undefined, FINANCE)).body;
    await until('the file is compared', async () => (await read()).status === 'done');
    return read();
  }

  it('of disputes agrees with the books, and their fees are paid', async () => {
    const { api } = service;
    const first = (await api.subscribe('m1')).body;
    const second = (await api.subscribe('m2')).body;
    const won = await dispute(first.id);
    await dispute(second.id);
    await close(won, 'won');
    await api.clockBy('P1D');
    expect(await settle()).toMatchObject({ breaks: 0, bookedAt: expect.any(String) as string });
    // Two captures at 95, two disputes at 1500; of 9998 one capture is still held by a bank.
    expect(await balances(api)).toMatchObject({ bank: 4999 - 3190, gateway_fees: 3190, disputed_captures: 4999 });
    expect(await balances(api)).not.toHaveProperty('gateway_receivable');
  });

  it('brings a dispute that nobody had told of', async () => {
    const { api, sandbox } = service;
    const { id } = (await api.subscribe('m1')).body;
    // The hour's look through the gateway's disputes is over.
    await api.clockBy('PT1S');
    await sandbox.faults({ dropWebhooks: true });
    const disputed = await sandbox.dispute(id);
    await api.clockBy('P1D');
    expect(await settle()).toMatchObject({ breaks: 1, bookedAt: null });
    await become(disputed, 'open');
    expect(await api.subscription(id)).toMatchObject({ suspendedFor: 'chargeback' });
  });
});

it('settles between companies where another one has taken over meanwhile', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  const disputed = await dispute(id);
  const [before] = (await api.subscription(id)).contractingEntities.map(({ name }) => name);
  await api.call(
    'POST',
    '/v1/entity-transfers',
    { from: before, to: 'New Co.', country: 'ES', effectiveAt: '2026-03-05T10:00:00.000Z' },
    { scope: 'operations' },
  );
  await api.clockTo(DAY_100);
  expect((await api.subscription(id)).contractingEntities).toMatchObject([{ name: 'New Co.' }]);
  await close(disputed, 'lost');
  // 4 days were earned by the old company: 4131 × 361 / 365 = 4085.7 → 4086 went over, 45 stayed.
  expect(await balances(api, before)).toEqual({ tax_payable: -868, membership_revenue: -45, intercompany: 913 });
  expect(await balances(api, 'New Co.')).toEqual({
    intercompany: -913,
    tax_payable: 868,
    membership_revenue: -1087,
    chargeback_losses: 1132,
  });
});
