/** Whole lives on both queues: a trial that becomes a first and a second year, opt-outs, expiries and returns. */
import { audit } from '../support/auditor.js';
import { queues, startRedis, type OwnRedis } from '../support/redis.js';
import { startService, type Service } from '../support/service.js';

describe.each(queues())('on the %s queue', (queue) => {
  let redis: OwnRedis | null = null;
  let service: Service;

  beforeAll(async () => {
    redis = queue === 'redis' ? await startRedis() : null;
    service = await startService({ startAt: '2026-03-01T10:00:00.000Z', queue: true, redisUrl: redis?.url });
  });
  afterEach(async () => {
    expect(await audit(service.database, service.sandbox)).toEqual([]);
  });
  afterAll(async () => {
    await service.stop();
    await redis?.stop();
  });

  it('converts a trial at its end and never before, then renews on day 365', async () => {
    const { api, sandbox } = service;
    const { status, body: trial } = await api.subscribe('trial-1', { startWith: 'trial' });
    expect(status).toBe(201);
    expect(trial).toMatchObject({
      status: 'trialing',
      nextChargeAt: '2026-03-31T10:00:00.000Z',
      benefitsUntil: '2026-03-31T10:00:00.000Z',
      paymentMethod: { brand: 'visa', last4: '4242' },
      currentTerm: { kind: 'trial', endsAt: '2026-03-31T10:00:00.000Z', price: null, status: 'running' },
    });

    expect(await api.clockTo('2026-03-31T09:59:59.999Z')).toEqual({ give_notice: 2 });
    expect(await api.subscription(trial.id)).toMatchObject({ status: 'trialing' });
    expect((await api.entitlement('trial-1')).body).toMatchObject({ entitled: true, reason: 'trial' });

    expect(await api.clockTo('2026-03-31T10:00:00.000Z')).toEqual({ convert_trial: 1 });
    expect(await api.subscription(trial.id)).toMatchObject({
      status: 'active',
      currentTerm: {
        number: 2,
        kind: 'paid',
        startsAt: '2026-03-31T10:00:00.000Z',
        endsAt: '2027-03-31T10:00:00.000Z',
      },
    });

    expect(await api.clockTo('2027-03-31T09:59:59.999Z')).toEqual({ give_notice: 2 });
    expect(await api.clockTo('2027-03-31T10:00:00.000Z')).toEqual({ renew_term: 1 });
    expect(await api.subscription(trial.id)).toMatchObject({
      status: 'active',
      // 365 days, not a year: the term that contains 29 February 2028 is no longer than others.
      currentTerm: { number: 3, startsAt: '2027-03-31T10:00:00.000Z', endsAt: '2028-03-30T10:00:00.000Z' },
    });
    expect(await api.events(trial.id)).toEqual([
      'subscription.requested',
      'subscription.trial_started',
      ...['notice.due', 'notice.due'],
      ...['charge.opened', 'charge.succeeded', 'subscription.activated'],
      ...['notice.due', 'notice.due'],
      ...['charge.opened', 'charge.succeeded', 'subscription.renewed'],
    ]);
    expect(await sandbox.movementsOf(trial.id)).toMatchObject([{ amount: 4999 }, { amount: 4999 }]);
  });

  it('never charges a trial that was opted out, and lets the member opt back in until the end', async () => {
    const { api, sandbox } = service;
    const out = (await api.subscribe('out', { startWith: 'trial' })).body;
    const back = (await api.subscribe('back', { startWith: 'trial' })).body;
    expect((await api.autoRenewal(out.id, false)).body).toMatchObject({ autoRenewal: false, nextChargeAt: null });
    await api.autoRenewal(back.id, false);
    await api.clockTo('2027-04-30T09:59:59.999Z');
    expect((await api.autoRenewal(back.id, true)).body).toMatchObject({ nextChargeAt: '2027-04-30T10:00:00.000Z' });
    expect(await api.clockTo('2027-04-30T10:00:00.000Z')).toEqual({ convert_trial: 2 });
    expect(await api.subscription(out.id)).toMatchObject({
      status: 'expired',
      endReason: 'opted_out',
      endedAt: '2027-04-30T10:00:00.000Z',
    });
    expect(await sandbox.movementsOf(out.id)).toEqual([]);
    expect(await api.subscription(back.id)).toMatchObject({ status: 'active' });
    expect(await api.autoRenewal(out.id, false)).toMatchObject({ status: 409, body: { code: 'not_allowed_in_state' } });
  });

  it('expires without auto-renewal, and takes the member back as no new user', async () => {
    const { api } = service;
    const first = (await api.subscribe('returning')).body;
    const endsAt = first.currentTerm?.endsAt ?? '';
    await api.autoRenewal(first.id, false);
    await api.clockTo(endsAt);
    expect(await api.subscription(first.id)).toMatchObject({ status: 'expired', endReason: 'auto_renewal_off' });
    expect((await api.entitlement('returning')).body).toMatchObject({ entitled: false });
    expect(await api.subscribe('returning', { startWith: 'trial' })).toMatchObject({
      status: 409,
      body: { code: 'trial_not_available', clause: '3.2.1' },
    });
    const again = await api.subscribe('returning', { country: 'ES' });
    expect(again).toMatchObject({ status: 201, body: { previousSubscriptionId: first.id, status: 'active' } });
  });

  it('converts only with consent where the market asks for it', async () => {
    const { api, sandbox } = service;
    const korea = { country: 'KR', residenceCountry: 'KR', startWith: 'trial' };
    const silent = (await api.subscribe('silent', korea)).body;
    const willing = (await api.subscribe('willing', korea)).body;
    const early = (await api.subscribe('early', { ...korea, conversionConsent: true })).body;
    expect(silent.contractingEntities).toHaveLength(2);
    await api.call('POST', `/v1/subscriptions/${willing.id}/conversion-consent`, {});
    await api.clockBy('P30D');
    expect(await api.subscription(silent.id)).toMatchObject({ status: 'expired', endReason: 'consent_missing' });
    expect(await sandbox.movementsOf(silent.id)).toEqual([]);
    expect(await api.subscription(willing.id)).toMatchObject({ status: 'active' });
    expect(await api.subscription(early.id)).toMatchObject({ status: 'active' });
  });

  it('renews at the price in force at the term end; a running term keeps its own', async () => {
    const { api, database } = service;
    const member = (await api.subscribe('price')).body;
    const endsAt = member.currentTerm?.endsAt ?? '';
    await database.query(
      `insert into prices (id, country, amount_minor, currency, published_at, effective_from, source)
       values (gen_random_uuid(), 'ES', 5999, 'EUR', $1, $1, 'test')`,
      [endsAt],
    );
    await api.clockTo(endsAt);
    expect((await api.subscription(member.id)).currentTerm).toMatchObject({ number: 2, price: { amount: 5999 } });
    expect((await api.quote(member.id)).body.refund.amount).toBe(5999);
  });
});
