/**
 * Every answer that a gateway can give, to every call that is made for money: each ends in a state from which the member or
 * finance goes on, with one movement at the gateway and clean books. `docs/GATEWAY.md` has the same rows.
 */
import { HOUR_MS } from '../../src/domain/instant.js';
import type { Order, Outcome } from '../../src/gateway/outcome.js';
import { audit } from '../support/auditor.js';
import { ScriptedGateway, type Act } from '../support/scripted-gateway.js';
import { startService, type Service } from '../support/service.js';

/** by_itself: nobody does anything · the others: how the member or finance goes on. */
type Ends = 'by_itself' | 'soft' | 'hard' | 'refused' | 'decided_moved' | 'decided_not_moved' | 'member';

interface Row {
  answer: string;
  ends: Ends;
  /** `of`: the first attempt of one member. */
  script(gateway: ScriptedGateway, of: RegExp): void;
}

const FOR_EVER = 10_000;
const said = { requestId: 'req_1', status: 400, words: 'This cannot be done.' };
const UNKNOWN: Outcome = { kind: 'unknown', detail: 'no answer' };
const STORED: Outcome = { kind: 'unknown', detail: '500 boom', sameAnswer: '500 boom' };
const DIFFERS: Outcome = { kind: 'contradicts', detail: 'another amount' };
const UNDER_WAY: Outcome = {
  kind: 'processing',
  gatewayId: 'under-way',
  detail: 'processing',
  patienceMs: 72 * HOUR_MS,
};
const declined = (decline: 'soft' | 'hard' | 'authentication'): Outcome => ({
  kind: 'declined',
  gatewayId: null,
  code: `${decline}_code`,
  decline,
});

const send =
  (act: Act): Row['script'] =>
  (gateway, of) =>
    gateway.next('send', of, act);

const ROWS: Row[] = [
  { answer: 'success', ends: 'by_itself', script: () => undefined },
  { answer: 'a soft decline', ends: 'soft', script: send({ answers: declined('soft') }) },
  { answer: 'a hard decline', ends: 'hard', script: send({ answers: declined('hard') }) },
  {
    answer: 'a decline for want of authentication',
    ends: 'hard',
    script: send({ answers: declined('authentication') }),
  },
  {
    answer: 'a refusal',
    ends: 'refused',
    script: send({ answers: { kind: 'refused', gatewayId: null, code: 'no', said } }),
  },
  {
    answer: 'a customer that is gone',
    ends: 'hard',
    script: send({ answers: { kind: 'declined', gatewayId: null, code: 'customer_gone', decline: 'hard' } }),
  },
  {
    answer: 'a key that was used for something else',
    ends: 'decided_not_moved',
    script: (gateway, of) => {
      gateway.next('send', of, { answers: DIFFERS });
      gateway.next('find', of, { answers: DIFFERS }, FOR_EVER);
    },
  },
  {
    answer: 'nobody let in',
    ends: 'by_itself',
    script: send({ answers: { kind: 'not_heard', because: 'locked_out', detail: 'bad key', retryAfterMs: null } }),
  },
  {
    answer: 'busy, to be tried again in a second',
    ends: 'by_itself',
    script: send({ answers: { kind: 'not_heard', because: 'busy', detail: 'rate', retryAfterMs: 1000 } }),
  },
  { answer: 'no answer, and it moved', ends: 'by_itself', script: send({ moves: true, answers: UNKNOWN }) },
  { answer: 'no answer, and it did not move', ends: 'by_itself', script: send({ answers: UNKNOWN }) },
  {
    answer: 'a refusal after a try without an answer that moved',
    ends: 'by_itself',
    script: (gateway, of) => {
      gateway.next('send', of, { answers: UNKNOWN });
      gateway.next('send', of, { moves: true, answers: { kind: 'refused', gatewayId: null, code: 'no', said } });
    },
  },
  {
    answer: 'an error that is kept under the key',
    ends: 'by_itself',
    script: (gateway, of) => gateway.next('send', of, { answers: STORED }, FOR_EVER),
  },
  {
    answer: 'no answer ever, and it moved',
    ends: 'decided_moved',
    script: (gateway, of) => {
      gateway.next('send', of, { moves: true, answers: UNKNOWN });
      gateway.next('find', of, { answers: UNKNOWN }, FOR_EVER);
    },
  },
  {
    answer: 'under way, then success',
    ends: 'by_itself',
    script: (gateway, of) => {
      gateway.next('send', of, { moves: true, answers: UNDER_WAY });
      gateway.next('find', of, { answers: UNDER_WAY }, 2);
    },
  },
  {
    answer: 'under way, then a soft decline',
    ends: 'soft',
    script: (gateway, of) => {
      gateway.next('send', of, { answers: UNDER_WAY });
      gateway.next('find', of, { answers: UNDER_WAY }, 2);
      gateway.next('find', of, { answers: declined('soft') });
    },
  },
  {
    answer: 'waiting for the member, who authenticates',
    ends: 'member',
    script: (gateway, of) => {
      const waits: Outcome = { kind: 'waiting_for_member', gatewayId: 'waiting', clientSecret: 'waiting_secret' };
      gateway.next('send', of, { moves: true, answers: waits });
      gateway.next('find', of, { answers: waits }, 2);
    },
  },
];

interface Member {
  user: string;
  id: string;
  row: Row;
  /** References of its requests. */
  of: RegExp;
  extra: string;
}

/** One kind of call: how a member comes to it, and how they go on from a no. */
interface Call {
  name: string;
  /** Not every answer can come to every call. */
  without?: Ends[];
  /** Before the script: brings the member to just before the call; the name of its first attempt. */
  prepare(user: string): Promise<{ id: string; of: RegExp; extra?: string }>;
  /** Makes the call, for one member. */
  act?(member: Member): Promise<unknown>;
  /** Makes the call, for all: time passes. */
  pass?: string;
  /** After a no: what the member or finance does. */
  goOn(member: Member): Promise<unknown>;
  /** What must be so in the end. */
  done(member: Member): Promise<void>;
}

let gateway: ScriptedGateway;
let service: Service;

const post = async <T = { id: string }>(
  path: string,
  body: object,
  scope: 'finance' | 'operations' | 'storefront',
  who?: string,
) => {
  const token = await service.api.token(scope, who);
  return service.api.call<T & { code?: string; detail?: string }>('POST', path, body, { token, waitSeconds: 0 });
};
const subscribe = (user: string, change: object = {}) => service.api.subscribe(user, { ...change }, { waitSeconds: 0 });
const paid = async (user: string): Promise<{ id: string; payment: string }> => {
  const { body } = await service.api.subscribe(user, {}, { waitSeconds: 5 });
  const { rows } = await service.database.query<{ payment: string }>(
    'select gateway_payment_id as payment from charges where subscription_id = $1',
    [body.id],
  );
  return { id: body.id, payment: rows[0]!.payment };
};
/** How often money moved for the references of a member. */
const movements = async (pattern: RegExp): Promise<number> =>
  (await gateway.movements()).filter(({ reference, paymentIntent }) => pattern.test(`${reference} ${paymentIntent}`))
    .length;

const termPaid =
  (number: number) =>
  async (member: Member): Promise<void> => {
    const { status, currentTerm, nextTerm } = await service.api.subscription(member.id);
    const term = number === currentTerm?.number ? currentTerm : nextTerm;
    expect({ ...member, status, term }).toMatchObject({ status: 'active', term: { number, kind: 'paid' } });
    expect(await movements(new RegExp(`charge_${member.id}_${number}_`))).toBe(1);
  };

/** Whatever number it has: each purchase counts on. */
const nextTermPaid = async (member: Member): Promise<void> => {
  const { nextTerm } = await service.api.subscription(member.id);
  expect({ ...member, nextTerm }).toMatchObject({ nextTerm: { kind: 'paid', status: 'waiting' } });
  expect(await movements(new RegExp(`charge_${member.id}_\\d+_early_renewal_`))).toBe(1);
};

/** A member whose fee is overdue: a hard decline wants another method, anything else is tried again by itself. */
const payOverdue = async ({ id, row }: Member): Promise<void> => {
  if (row.ends !== 'hard') {
    await service.api.clockBy('PT12H');
    return;
  }
  const again = await post(`/v1/subscriptions/${id}/payment-retries`, {}, 'storefront');
  if (!row.answer.includes('authentication'))
    expect(again).toMatchObject({ status: 402, body: { code: 'payment_method_rejected' } });
  expect((await service.api.paymentMethod(id, 'pm_other')).status).toBe(200);
};

/** A refund that was refused or is on the desk of finance. */
const sendRefundAgain = async ({ id, row }: Member): Promise<void> => {
  if (row.ends !== 'refused') {
    await service.api.clockBy('PT2H');
    return;
  }
  const [refund] = await service.api.refunds(id);
  expect(refund).toMatchObject({ status: 'failed' });
  const cases = await service.api.call<{ data: { subjectId: string; explanation: string }[] }>(
    'GET',
    '/v1/cases?limit=100',
    undefined,
    {
      scope: 'operations',
    },
  );
  const own = cases.body.data.find(({ subjectId }) => subjectId === refund!.id);
  expect(own?.explanation).toContain(said.words);
  expect((await post(`/v1/refunds/${refund!.id}/retries`, { reason: 'mended' }, 'finance')).status).toBe(200);
};
const refundDone = async (member: Member): Promise<void> => {
  expect({ ...member, refunds: await service.api.refunds(member.id) }).toMatchObject({
    refunds: [{ status: 'succeeded' }],
  });
  expect(await movements(new RegExp(`^refund_.* ${member.extra}$`))).toBe(1);
};
const ofPayment = (payment: string): RegExp => new RegExp(`^refund_.*_1 ${payment}$`);
const NO_MEMBER: Ends[] = ['member'];

const CALLS: Call[] = [
  {
    name: 'a first payment',
    prepare: (user) => Promise.resolve({ id: '', of: new RegExp(`_first_1 .*-${user}$`) }),
    act: async (member) => (member.id = (await subscribe(member.user)).body.id),
    goOn: async (member) => {
      const { body, status } = await subscribe(member.user);
      expect({ member, status }).toMatchObject({ status: 201 });
      member.id = body.id;
    },
    done: termPaid(1),
  },
  {
    name: 'a validation',
    prepare: (user) => Promise.resolve({ id: '', of: new RegExp(`^validation_[^_]* .*-${user}$`) }),
    act: async (member) => (member.id = (await subscribe(member.user, { startWith: 'trial' })).body.id),
    goOn: async (member) => (member.id = (await subscribe(member.user, { startWith: 'trial' })).body.id),
    done: async (member) => {
      const { status } = await service.api.subscription(member.id);
      expect({ ...member, status }).toMatchObject({ status: 'trialing' });
    },
  },
  {
    name: 'a conversion',
    prepare: async (user) => {
      const { id } = (await service.api.subscribe(user, { startWith: 'trial' }, { waitSeconds: 5 })).body;
      return { id, of: new RegExp(`^charge_${id}_2_conversion_1 `) };
    },
    pass: 'P30D',
    goOn: payOverdue,
    done: termPaid(2),
  },
  {
    name: 'a renewal',
    prepare: async (user) => {
      const { id } = await paid(user);
      return { id, of: new RegExp(`^charge_${id}_2_renewal_1 `) };
    },
    pass: 'P365D',
    goOn: payOverdue,
    done: termPaid(2),
  },
  {
    name: 'an early renewal',
    prepare: async (user) => {
      const { id } = await paid(user);
      return { id, of: new RegExp(`^charge_${id}_2_early_renewal_1 `) };
    },
    act: ({ id }) => service.api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {}, { waitSeconds: 0 }),
    goOn: ({ id }) => service.api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {}, { waitSeconds: 5 }),
    done: nextTermPaid,
  },
  {
    name: 'an add-on',
    prepare: async (user) => {
      const { id } = await paid(user);
      return { id, of: new RegExp(`^charge_${id}_add_on_gift_wrapping_1 `) };
    },
    act: (member) => acceptAddOn(member, 0),
    goOn: (member) => acceptAddOn(member, 5),
    done: async ({ id, ...member }) => {
      const { body } = await service.api.call<{ data: { code: string; status: string }[] }>(
        'GET',
        `/v1/subscriptions/${id}/add-ons`,
      );
      const addOn = body.data.find(({ code }) => code === 'gift_wrapping');
      expect({ ...member, addOn }).toMatchObject({ addOn: { status: 'accepted' } });
    },
  },
  {
    name: 'a refund inside the period',
    without: NO_MEMBER,
    prepare: async (user) => {
      const { id, payment } = await paid(user);
      return { id, of: ofPayment(payment), extra: payment };
    },
    act: ({ id }) => service.api.cancel(id, {}, { waitSeconds: 0 }),
    goOn: sendRefundAgain,
    done: refundDone,
  },
  {
    name: 'a pro rata refund',
    without: NO_MEMBER,
    prepare: async (user) => {
      const { id, payment } = await paid(user);
      return { id, of: ofPayment(payment), extra: payment };
    },
    pass: 'P100D',
    act: ({ id }) => service.api.cancel(id, {}, { waitSeconds: 0 }),
    goOn: sendRefundAgain,
    done: refundDone,
  },
  {
    name: 'a compensation',
    without: NO_MEMBER,
    prepare: async (user) => {
      const { id, payment } = await paid(user);
      return { id, of: ofPayment(payment), extra: payment };
    },
    act: ({ id }) => post(`/v1/subscriptions/${id}/compensations`, { amount: 700, reason: 'an outage' }, 'operations'),
    goOn: sendRefundAgain,
    done: refundDone,
  },
  {
    name: 'a refund of a term bought early',
    without: NO_MEMBER,
    prepare: async (user) => {
      const { id } = await paid(user);
      await service.api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {}, { waitSeconds: 5 });
      const [charge] = await service.api.charges(id);
      const { rows } = await service.database.query<{ payment: string }>(
        'select gateway_payment_id as payment from charges where id = $1',
        [charge!.id],
      );
      return { id, of: ofPayment(rows[0]!.payment), extra: rows[0]!.payment };
    },
    act: ({ id }) =>
      service.api.call('POST', `/v1/subscriptions/${id}/early-renewal/cancellation`, {}, { waitSeconds: 0 }),
    goOn: sendRefundAgain,
    done: refundDone,
  },
];

async function acceptAddOn({ id }: Member, waitSeconds: number): Promise<unknown> {
  const path = `/v1/subscriptions/${id}/add-ons/gift_wrapping/acceptance`;
  return service.api.call('POST', path, { price: { amount: 990, currency: 'EUR' } }, { waitSeconds });
}

/** Two people decide the request that nobody else does. */
async function decide({ of, row }: Member): Promise<void> {
  const open = await service.database.query<{ reference: string; asks: Order }>(
    'select reference, asks from gateway_requests where decided_at is null',
  );
  const named = ({ reference, asks }: { reference: string; asks: Order }): string =>
    `${reference} ${asks.kind === 'refund' ? asks.payment : asks.customer}`;
  const request = open.rows.find((one) => of.test(named(one)));
  expect({ row, request }).toMatchObject({ request: {} });
  const { reference } = request!;
  const body =
    row.ends === 'decided_moved'
      ? { outcome: 'moved', gatewayId: gateway.idUnder(reference), reason: 'their support says so' }
      : { outcome: 'not_moved', reason: 'their support says so' };
  const proposed = await post(`/v1/requests/${reference}/decision`, body, 'finance', 'one');
  expect(proposed).toMatchObject({ status: 202, body: { status: 'proposed' } });
  const alone = await post(`/v1/request-decisions/${proposed.body.id}/approval`, {}, 'finance', 'one');
  expect(alone).toMatchObject({ status: 403, body: { code: 'four_eyes' } });
  const approved = await post(`/v1/request-decisions/${proposed.body.id}/approval`, {}, 'operations', 'another');
  expect(approved).toMatchObject({ status: 200, body: { status: 'approved' } });
}

describe.each(CALLS)('$name', (call) => {
  const rows = ROWS.filter(({ ends }) => call.without?.includes(ends) !== true);
  const members = new Map<string, Member>();

  beforeAll(async () => {
    gateway = new ScriptedGateway();
    service = await startService({ gateway, startAt: '2026-03-01T10:00:00.000Z' });
    for (const [index, row] of rows.entries()) {
      const user = `user${index}`;
      members.set(row.answer, { user, row, extra: '', ...(await call.prepare(user)) });
    }
    for (const member of members.values()) member.row.script(gateway, member.of);
    if (call.pass !== undefined) await service.api.clockBy(call.pass);
    for (const member of members.values()) await call.act?.(member);
    await service.api.clockBy('PT3H');
  });
  afterAll(() => service.stop());

  it.each(rows)('$answer', async ({ answer, ends }) => {
    const member = members.get(answer)!;
    if (ends.startsWith('decided')) await decide(member);
    const offeredAgain = call.name === 'an add-on' && (ends === 'member' || answer.startsWith('an error that'));
    if (offeredAgain || !['by_itself', 'member', 'decided_moved'].includes(ends)) await call.goOn(member);
    await service.api.clockBy('PT1S');
    await call.done(member);
  });

  it('leaves the books right, and the record of the gateway equal', async () => {
    expect(await audit(service.database, gateway)).toEqual([]);
  });
});

describe('a request that two people decided not to have moved', () => {
  beforeAll(async () => {
    gateway = new ScriptedGateway();
    service = await startService({ gateway, startAt: '2026-03-01T10:00:00.000Z' });
  });
  afterAll(() => service.stop());

  it('is asked on while the gateway has it under way, corrected when that says otherwise, and a case', async () => {
    const row = ROWS.find(({ ends }) => ends === 'decided_not_moved')!;
    const of = /_first_1 .*-late$/;
    gateway.next('send', of, { moves: true, answers: UNDER_WAY });
    gateway.next('find', of, { answers: UNDER_WAY }, 4);
    const { id } = (await subscribe('late')).body;
    await service.api.clockBy('PT10M');
    await decide({ user: 'late', id, row, of, extra: '' });
    expect(await service.api.subscription(id)).toMatchObject({ status: 'abandoned' });
    await service.api.clockBy('P3D');
    expect(await service.api.charges(id)).toMatchObject([{ status: 'succeeded' }]);
    expect(await service.api.refunds(id)).toMatchObject([{ amount: 4999, basis: 'full', status: 'succeeded' }]);
    const cases = await service.api.call<{ data: { kind: string; explanation: string }[] }>(
      'GET',
      '/v1/cases',
      undefined,
      {
        scope: 'operations',
      },
    );
    expect(cases.body.data).toMatchObject([
      { kind: 'answer_contradicts', explanation: expect.stringContaining('two people') as string },
    ]);
    expect(await audit(service.database, gateway)).toEqual([]);
  });
});
