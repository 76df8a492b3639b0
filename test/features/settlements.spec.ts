/**
 * The gateway's settlements against our records, over HTTP: a clean file leaves nothing, every seeded discrepancy is
 * found as what it is, and nothing is booked from a file that does not agree until people have decided.
 */
import { request } from 'node:http';
import { createWorker } from '../../src/application.js';
import type { Answer, SubscriptionAnswer } from '../support/api-client.js';
import { startService, type Service, type ServiceOptions } from '../support/service.js';
import { until } from '../support/until.js';

interface Settlement {
  id: string;
  format: string;
  status: 'running' | 'done' | 'rejected';
  lines: number;
  matched: number | null;
  breaks: number | null;
  errors?: { line: number; message: string }[];
  bookedAt: string | null;
  coversFrom: string | null;
  coversTo: string | null;
  code?: string;
  detail?: string;
}

interface Break {
  id: string;
  kind: string;
  movement: string;
  line: number | null;
  gatewayReference: string;
  reference: string | null;
  ours: { amount: number; currency: string } | null;
  theirs: { amount: number; currency: string } | null;
  ageDays: number;
  status: string;
  code?: string;
  resolutions: { resolution: string; proposedBy: string; approvedBy: string | null; withdrawnAt: string | null }[];
}

let service: Service;
afterEach(() => service.stop());

async function start(options: ServiceOptions = {}): Promise<void> {
  service = await startService(options);
}

async function report(query = ''): Promise<{ header: string; lines: string[] }> {
  const text = await (await fetch(`${service.sandbox.url}/sandbox/settlement.csv${query}`)).text();
  const [header = '', ...lines] = text.trimEnd().split('\n');
  return { header, lines };
}

/** The line with some cells replaced, by column. */
function changed(header: string, line: string, change: Record<string, string>): string {
  const cells = line.split(',');
  header.split(',').forEach((column, index) => (cells[index] = change[column] ?? cells[index]!));
  return cells.join(',');
}

function cell(header: string, line: string, column: string): string {
  return line.split(',')[header.split(',').indexOf(column)]!;
}

/** A file of these lines, whatever they held before. */
function file(header: string, lines: string[]): string {
  return [header, ...lines, ''].join('\n');
}

async function upload(text: string, gateway = 'stripe', field = 'file'): Promise<Answer<Settlement>> {
  const body = new FormData();
  body.append('note', 'before the file');
  body.append(field, new Blob([text], { type: 'text/csv' }), 'settlement.csv');
  const response = await fetch(`${service.api.url}/v1/settlements?gateway=${gateway}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${await service.api.token('finance')}` },
    body,
  });
  return { status: response.status, headers: response.headers, body: (await response.json()) as Settlement };
}

function get<T>(path: string): Promise<Answer<T>> {
  return service.api.call<T>('GET', path, undefined, { scope: 'finance' });
}

async function shown(id: string): Promise<Settlement> {
  return (await get<Settlement>(`/v1/settlements/${id}`)).body;
}

/** Uploads a file and waits until it was compared; where nothing is open, also until it was booked. */
async function settle(text: string, gateway = 'stripe'): Promise<{ settlement: Settlement; breaks: Break[] }> {
  const { status, body } = await upload(text, gateway);
  expect({ status, body }).toEqual({ status: 202, body: { id: expect.any(String) as string } });
  return settled(body.id);
}

async function settled(id: string): Promise<{ settlement: Settlement; breaks: Break[] }> {
  await until('the comparison', async () => (await shown(id)).status !== 'running');
  const breaks = (await get<{ data: Break[] }>(`/v1/settlements/${id}/breaks?limit=100`)).body.data;
  const open = breaks.some(({ status }) => status === 'open' || status === 'proposed');
  if (!open && (await shown(id)).status === 'done') await booked(id);
  return { settlement: await shown(id), breaks };
}

async function booked(id: string): Promise<void> {
  await until('the booking', async () => (await shown(id)).bookedAt !== null);
}

async function resolve(
  breakId: string,
  resolution: string,
  subject: string,
  reason = 'looked into',
): Promise<Answer<Break>> {
  const token = await service.api.token('finance', subject);
  return service.api.call('POST', `/v1/breaks/${breakId}/resolution`, { resolution, reason }, { token });
}

async function join(...users: string[]): Promise<SubscriptionAnswer[]> {
  const joined: SubscriptionAnswer[] = [];
  for (const user of users) joined.push((await service.api.subscribe(user)).body);
  expect(joined.map(({ status }) => status)).toEqual(users.map(() => 'active'));
  return joined;
}

/** Per account, minor units, over all companies. */
async function balances(currency = 'EUR'): Promise<Record<string, number>> {
  const { rows } = await service.database.query<{ account: string; minor: string }>(
    `select account, sum(amount_minor) as minor from ledger_entries where currency = $1 group by account
     having sum(amount_minor) <> 0`,
    [currency],
  );
  return Object.fromEntries(rows.map(({ account, minor }) => [account, Number(minor)]));
}

async function count(table: string): Promise<number> {
  const { rows } = await service.database.query<{ count: number }>(`select count(*)::int as count from ${table}`);
  return rows[0]!.count;
}

/** Kind and gateway reference of each, in a fixed order. */
function named(breaks: Break[]): string[] {
  return breaks.map(({ kind, gatewayReference }) => `${kind} ${gatewayReference}`).sort();
}

describe('a clean file', () => {
  it('leaves no break and is booked: the receivable becomes money in the bank and fees', async () => {
    await start();
    const [first] = await join('a', 'b', 'c');
    await service.api.subscribe('kuwait', { country: 'KW', residenceCountry: 'KW' });
    await service.api.subscribe('japan', { country: 'JP', residenceCountry: 'JP' });
    await service.api.clockBy('P20D');
    await service.api.cancel(first!.id);
    await until('the refund', async () => (await service.sandbox.movements()).some(({ type }) => type === 'refund'));
    await until('its outcome', async () => (await service.api.refunds(first!.id))[0]?.status === 'succeeded');
    expect((await balances()).gateway_receivable).toBeGreaterThan(0);

    const { header, lines } = await report();
    expect(lines).toHaveLength(6);
    const { settlement, breaks } = await settle(file(header, lines));
    expect(breaks).toEqual([]);
    expect(settlement).toMatchObject({
      status: 'done',
      lines: 6,
      matched: 6,
      breaks: 0,
      format: 'stripe',
      coversFrom: null,
    });
    for (const currency of ['EUR', 'KWD', 'JPY']) {
      const own = lines.filter((line) => cell(header, line, 'currency') === currency.toLowerCase());
      const sum = (column: string): number =>
        own.reduce((minor, line) => minor + Number(cell(header, line, column).replace('.', '')), 0);
      const books = await balances(currency);
      expect(books).toMatchObject({ bank: sum('net'), gateway_fees: sum('fee') });
      expect(books.gateway_receivable).toBeUndefined();
    }
    const listed = await get<{ data: Settlement[] }>('/v1/settlements?status=done');
    expect(listed.body.data.map(({ id }) => id)).toEqual([settlement.id]);
    expect((await get<{ data: Break[] }>('/v1/breaks')).body.data).toEqual([]);
  });

  it('may hold nothing', async () => {
    await start();
    const { header } = await report();
    const { settlement } = await settle(file(header, []));
    expect(settlement).toMatchObject({ status: 'done', lines: 0, matched: 0, breaks: 0, coversTo: null });
  });
});

describe('seeded discrepancies', () => {
  it('are all found, each as what it is, and nothing else is', async () => {
    await start();
    const users = Array.from({ length: 10 }, (_, index) => `member-${index}`);
    const members = await join(...users);
    for (const member of members.slice(0, 3)) await service.api.cancel(member.id);
    const declined = await service.api.subscribe('declined', { paymentMethod: 'pm_card_chargeDeclined' });
    expect(declined.status).toBe(402);
    await until('three refunds', async () => (await service.sandbox.movements()).length === 13);
    const { rows: waiting } = await service.database.query(`select 1 from refunds where status <> 'succeeded'`);
    expect(waiting).toEqual([]);
    const { rows: failed } = await service.database.query<{ reference: string }>(
      `select reference from charges where status = 'failed'`,
    );

    const { header, lines } = await report();
    const pi = (line: string): string => cell(header, line, 'payment_intent_id');
    const captures = lines.filter((line) => cell(header, line, 'reporting_category') === 'charge');
    const refunds = lines.filter((line) => cell(header, line, 'reporting_category') === 'refund');
    const re = (line: string): string => cell(header, line, 'source_id');
    const again = (line: string, change: Record<string, string>): string =>
      changed(header, line, { balance_transaction_id: 'txn_new', ...change });
    const seeded = [
      ...captures.slice(0, 3),
      // captures[3] and refunds[0] are left out
      changed(header, captures[4]!, { gross: '49.98' }),
      changed(header, captures[5]!, { currency: 'usd' }),
      captures[6]!,
      captures[6]!,
      again(captures[7]!, { balance_transaction_id: 'txn_second' }),
      captures[7]!,
      changed(header, captures[8]!, { fee: '9.99' }),
      captures[9]!,
      changed(header, refunds[1]!, { gross: '-49.00' }),
      changed(header, refunds[2]!, { fee: '0.95' }),
      again(captures[0]!, {
        balance_transaction_id: 'txn_a',
        payment_intent_id: 'pi_x',
        'payment_metadata[reference]': '=cmd()',
      }),
      again(captures[0]!, {
        balance_transaction_id: 'txn_b',
        payment_intent_id: 'pi_failed',
        'payment_metadata[reference]': failed[0]!.reference,
      }),
      again(captures[0]!, {
        balance_transaction_id: 'txn_c',
        reporting_category: 'fee',
        source_id: '',
        gross: '-2.00',
      }),
      again(captures[0]!, { balance_transaction_id: 'txn_d', reporting_category: 'adjustment', source_id: 'adj_1' }),
      // The bank took it under another payment than the one known here.
      again(captures[9]!, { balance_transaction_id: 'txn_e', payment_intent_id: 'pi_twice' }),
    ];
    const { settlement, breaks } = await settle(file(header, seeded));
    expect(named(breaks)).toEqual(
      [
        `missing_at_gateway ${pi(captures[3]!)}`,
        `missing_at_gateway ${re(refunds[0]!)}`,
        `amount_differs ${pi(captures[4]!)}`,
        `currency_differs ${pi(captures[5]!)}`,
        `duplicate ${pi(captures[6]!)}`,
        `duplicate ${pi(captures[7]!)}`,
        `duplicate pi_twice`,
        `fee_unexpected ${pi(captures[8]!)}`,
        `amount_differs ${re(refunds[1]!)}`,
        `fee_unexpected ${re(refunds[2]!)}`,
        'missing_here pi_x',
        'wrong_state pi_failed',
        'fee_unexpected txn_c',
        'missing_here adj_1',
      ].sort(),
    );
    expect(settlement).toMatchObject({ lines: 18, breaks: 14, matched: 6, bookedAt: null });
    const of = (reference: string): Break => breaks.find(({ gatewayReference }) => gatewayReference === reference)!;
    const eur = (amount: number): object => ({ amount, currency: 'EUR' });
    expect(of(pi(captures[3]!))).toMatchObject({ ours: eur(4999), theirs: null, line: null, movement: 'capture' });
    expect(of(pi(captures[4]!))).toMatchObject({ ours: eur(4999), theirs: eur(4998), line: 5 });
    expect(of(pi(captures[5]!))).toMatchObject({ ours: eur(4999), theirs: { amount: 4999, currency: 'USD' } });
    expect(of(pi(captures[8]!))).toMatchObject({ ours: null, theirs: eur(999) });
    expect(of(re(refunds[1]!))).toMatchObject({ ours: eur(4999), theirs: eur(4900), movement: 'refund' });
    expect(of('pi_x')).toMatchObject({ ours: null, theirs: eur(4999), reference: '=cmd()' });
    expect(of('pi_failed')).toMatchObject({ ours: eur(4999), theirs: eur(4999), status: 'open' });
    expect((await balances()).bank).toBeUndefined();
    const twice = await get<{ data: Break[] }>('/v1/breaks?status=open&kind=duplicate&limit=2');
    expect(twice.body.data).toHaveLength(2);
  });

  it('are found over files too: a transaction settled before is a duplicate', async () => {
    await start();
    await join('a', 'b');
    const { header, lines } = await report();
    await settle(file(header, lines));
    await service.api.clockBy('P1D');
    await join('c');
    const all = await report();
    const { settlement, breaks } = await settle(file(header, [...all.lines]));
    expect(named(breaks)).toEqual(lines.map((line) => `duplicate ${cell(header, line, 'payment_intent_id')}`).sort());
    expect(settlement).toMatchObject({ matched: 1, breaks: 2, bookedAt: null });
  });

  it('that are only undecided here are asked for', async () => {
    await start();
    await service.sandbox.faults({ captureThenTimeout: 1, dropWebhooks: true });
    const { body } = await service.api.subscribe('a', {}, { waitSeconds: 0 });
    const status = async (): Promise<string> => (await service.api.charges(body.id))[0]!.status;
    await until('an unknown outcome', async () => (await status()) === 'unknown');
    await service.sandbox.faults({});
    const { header, lines } = await report();
    const { breaks } = await settle(file(header, lines));
    expect(breaks.map(({ kind }) => kind)).toEqual(['wrong_state']);
    await until('the capture', async () => (await status()) === 'succeeded');
    const { body: explained } = await resolve(breaks[0]!.id, 'explained', 'ann');
    expect(explained.status).toBe('explained');
    await until('the booking', async () => (await balances()).bank === 4999 - 95);
    expect((await balances()).gateway_receivable).toBeUndefined();
  });
});

describe('a refund that bounced', () => {
  it('is noticed from the settlement when its webhook is lost: it is owed again', async () => {
    await start();
    const { api, sandbox, database } = service;
    const [member] = await join('m1');
    await api.cancel(member!.id);
    const [paid] = await api.refunds(member!.id);
    expect(paid).toMatchObject({ status: 'succeeded' });
    await sandbox.faults({ dropWebhooks: true });
    const { rows } = await database.query<{ id: string }>(
      `select gateway_id as id from gateway_requests where kind = 'refund'`,
    );
    await sandbox.refundBecomes(rows[0]!.id, 'failure');
    await api.clockBy('P1D');
    expect(await api.refunds(member!.id)).toMatchObject([{ status: 'succeeded' }]);
    const { header, lines } = await report();
    const { breaks } = await settle([header, ...lines, ''].join('\n'));
    expect(breaks).toMatchObject([{ kind: 'wrong_state' }]);
    await until('the refund is owed again', async () => (await api.refunds(member!.id))[0]!.status === 'failed');
    expect(await balances()).toMatchObject({ refunds_payable: -4999 });
    // Asked once: nothing is left to ask about a decided request.
    await api.clockBy('PT1S');
    expect(await count('gateway_requests where next_query_at is not null')).toBe(0);
  });
});

describe('what moves once', () => {
  const BY_HAND = { reason: 'the card is closed', bankReference: 'SEPA-1' };

  it('is a duplicate under another transaction too, in this file or months later', async () => {
    await start();
    const [gone] = await join('gone', 'stays');
    await service.api.cancel(gone!.id);
    await until('the refund', async () => (await service.api.refunds(gone!.id))[0]?.status === 'succeeded');
    const { header, lines } = await report();
    const refund = lines.find((line) => cell(header, line, 'reporting_category') === 'refund')!;
    const capture = lines.find((line) => cell(header, line, 'reporting_category') === 'charge')!;
    const again = changed(header, refund, { balance_transaction_id: 'txn_again' });
    const first = await settle(file(header, [...lines, again]));
    expect(named(first.breaks)).toEqual([`duplicate ${cell(header, refund, 'source_id')}`]);
    await resolve(first.breaks[0]!.id, 'explained', 'ann');
    await booked(first.settlement.id);
    await service.api.clockBy('P60D');
    await join('later');
    const fresh = (await report('?from=2026-04-30')).lines;
    const late = { balance_transaction_id: 'txn_late', created_utc: '2026-04-30 11:00:00' };
    const second = await settle(file(header, [...fresh, changed(header, capture, late)]));
    expect(named(second.breaks)).toEqual([`duplicate ${cell(header, capture, 'payment_intent_id')}`]);
    await resolve(second.breaks[0]!.id, 'explained', 'ann');
    await booked(second.settlement.id);
    expect((await balances()).gateway_receivable).toBeUndefined();
  });

  it('the other way round is no agreement', async () => {
    await start();
    await join('a');
    const { header, lines } = await report();
    const dispute = await service.sandbox.dispute((await service.sandbox.movements())[0]!.paymentIntent);
    await until('the dispute', async () => (await count('chargebacks')) === 1);
    const all = (await report()).lines;
    const taken = all.find((line) => cell(header, line, 'reporting_category') === 'dispute')!;
    const turned = changed(header, taken, { gross: cell(header, taken, 'gross').replace('-', '') });
    const { breaks, settlement } = await settle(file(header, [lines[0]!, turned]));
    expect(breaks).toMatchObject([
      { kind: 'amount_differs', gatewayReference: dispute, ours: { amount: 4999 }, theirs: { amount: -4999 } },
    ]);
    expect(settlement.bookedAt).toBeNull();
    for (const subject of ['ann', 'ben']) await resolve(breaks[0]!.id, 'write_off', subject);
    await booked(settlement.id);
    // We expected to lose 4999 and were given as much.
    expect(await balances()).toMatchObject({ write_offs: -2 * 4999 });
    expect((await balances()).gateway_receivable).toBeUndefined();
  });

  it('is missed where no file holds it: a dispute, too, and no refund that was paid by hand', async () => {
    await start();
    const [disputed, refunded] = await join('disputed', 'refunded');
    await service.sandbox.faults({ failRefunds: true });
    await service.api.cancel(refunded!.id);
    const [refund] = await service.api.refunds(refunded!.id);
    await service.api.clockBy('P5D');
    await service.sandbox.faults({});
    const token = async (subject: string): Promise<{ token: string }> => ({
      token: await service.api.token('finance', subject),
    });
    const payouts = `/v1/refunds/${refund!.id}/payouts`;
    const { body } = await service.api.call<{ id: string }>('POST', payouts, BY_HAND, await token('ann'));
    const approval = `/v1/refund-payouts/${body.id}/approval`;
    expect((await service.api.call('POST', approval, {}, await token('ben'))).status).toBe(200);
    const dispute = await service.sandbox.dispute(disputed!.id);
    await until('the dispute', async () => (await count('chargebacks')) === 1);
    await service.api.clockBy('P1D');
    await join('last');
    const { header, lines } = await report();
    const told = lines.filter((line) => cell(header, line, 'reporting_category') === 'charge');
    const { breaks } = await settle(file(header, told));
    expect(named(breaks)).toEqual([`missing_at_gateway ${dispute}`]);
  });
});

describe('late lines', () => {
  it('close the break of their absence, are seen as late, and let both settlements be booked', async () => {
    await start();
    await join('a', 'b');
    const { header, lines } = await report();
    const first = await settle(file(header, lines.slice(0, 1)));
    const missing = cell(header, lines[1]!, 'payment_intent_id');
    expect(named(first.breaks)).toEqual([`missing_at_gateway ${missing}`]);
    expect(first.settlement).toMatchObject({ matched: 1, breaks: 1, bookedAt: null });
    await service.api.clockBy('P3D');
    await join('c');
    const fresh = (await report('?from=2026-03-02')).lines;
    const second = await settle(file(header, [...fresh, lines[1]!]));
    expect(second.breaks).toMatchObject([{ kind: 'late', gatewayReference: missing, status: 'explained' }]);
    expect(second.settlement).toMatchObject({ matched: 2, breaks: 1 });
    await booked(first.settlement.id);
    const { body } = await get<{ data: Break[] }>(`/v1/settlements/${first.settlement.id}/breaks`);
    expect(body.data).toMatchObject([
      { status: 'explained', ageDays: 3, resolutions: [{ resolution: 'explained', proposedBy: 'reconciliation' }] },
    ]);
    expect(await balances()).toMatchObject({ bank: 3 * (4999 - 95), gateway_fees: 3 * 95 });
    expect((await balances()).gateway_receivable).toBeUndefined();
  });

  it('stay open when their break was written off meanwhile, and taking the loss back takes two again', async () => {
    await start();
    await join('a', 'b');
    const { header, lines } = await report();
    const first = await settle(file(header, lines.slice(0, 1)));
    await resolve(first.breaks[0]!.id, 'write_off', 'ann');
    await resolve(first.breaks[0]!.id, 'write_off', 'ben');
    await booked(first.settlement.id);
    expect(await balances()).toMatchObject({ write_offs: 4999 });
    await service.api.clockBy('P1D');
    await join('c');
    const second = await settle(file(header, [lines[1]!, ...(await report('?from=2026-03-02')).lines]));
    expect(second.breaks).toMatchObject([{ kind: 'late', status: 'open' }]);
    expect(second.settlement.bookedAt).toBeNull();
    await resolve(second.breaks[0]!.id, 'write_off', 'ann');
    await resolve(second.breaks[0]!.id, 'write_off', 'ben');
    await booked(second.settlement.id);
    const books = await balances();
    expect([books.write_offs, books.gateway_receivable, books.bank]).toEqual([undefined, undefined, 3 * (4999 - 95)]);
  });

  it('are missed only once, and the stretch between two files is nobody’s but the later one’s', async () => {
    await start();
    await join('a', 'b');
    const { header, lines } = await report();
    await settle(file(header, lines.slice(0, 1)));
    await service.api.clockBy('P1D');
    await join('unsettled');
    await service.api.clockBy('P1D');
    await join('c');
    const fresh = (await report('?from=2026-03-03')).lines;
    const { breaks } = await settle(file(header, fresh));
    const { lines: between } = await report('?from=2026-03-02&to=2026-03-03');
    expect(named(breaks)).toEqual([`missing_at_gateway ${cell(header, between[0]!, 'payment_intent_id')}`]);
  });
});

describe('resolving a break', () => {
  async function openBreak(): Promise<{ id: string; settlementId: string }> {
    await start();
    await join('a', 'b');
    const { header, lines } = await report();
    const { breaks, settlement } = await settle(
      file(header, [lines[0]!, changed(header, lines[1]!, { gross: '49.90' })]),
    );
    expect(breaks).toMatchObject([{ kind: 'amount_differs', status: 'open', resolutions: [] }]);
    return { id: breaks[0]!.id, settlementId: settlement.id };
  }

  it('takes two people to write it off; then the loss and the settlement are booked', async () => {
    const { id, settlementId } = await openBreak();
    const proposed = await resolve(id, 'write_off', 'ann');
    expect(proposed).toMatchObject({ status: 200, body: { status: 'proposed', resolutions: [{ proposedBy: 'ann' }] } });
    expect(await resolve(id, 'write_off', 'ann')).toMatchObject({ status: 403, body: { code: 'four_eyes' } });
    expect((await balances()).write_offs).toBeUndefined();
    expect((await shown(settlementId)).bookedAt).toBeNull();
    const approved = await resolve(id, 'write_off', 'ben');
    expect(approved.body).toMatchObject({
      status: 'resolved',
      resolutions: [{ proposedBy: 'ann', approvedBy: 'ben' }],
    });
    await booked(settlementId);
    const books = await balances();
    expect(books).toMatchObject({ write_offs: 9, bank: 4999 + 4990 - 190, gateway_fees: 190 });
    expect(books.gateway_receivable).toBeUndefined();
    expect(await resolve(id, 'explained', 'ann')).toMatchObject({
      status: 409,
      body: { code: 'not_allowed_in_state' },
    });
  });

  it('takes one person to explain it, which ends a proposal', async () => {
    const { id, settlementId } = await openBreak();
    await resolve(id, 'write_off', 'ann');
    const explained = await resolve(id, 'explained', 'ann', 'the gateway corrects it with the next payout');
    expect(explained.body).toMatchObject({
      status: 'explained',
      resolutions: [
        { resolution: 'write_off', approvedBy: null, withdrawnAt: expect.any(String) as string },
        { resolution: 'explained', proposedBy: 'ann', withdrawnAt: null },
      ],
    });
    await booked(settlementId);
    expect(await balances()).toMatchObject({ gateway_receivable: 9, bank: 4999 + 4990 - 190 });
  });

  it('is one decision however many send it at once', async () => {
    const { id } = await openBreak();
    await resolve(id, 'resolved', 'ann');
    const answers = await Promise.all(['ben', 'cleo', 'dan', 'eve'].map((person) => resolve(id, 'resolved', person)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
  });

  it('another resolution is another proposal, and the database knows four eyes too', async () => {
    const { id } = await openBreak();
    await resolve(id, 'write_off', 'ann');
    expect((await resolve(id, 'resolved', 'ben')).body.status).toBe('proposed');
    expect(await resolve(id, 'resolved', 'ben')).toMatchObject({ status: 403, body: { code: 'four_eyes' } });
    await expect(
      service.database.query(`update break_resolutions set approved_by = proposed_by, approved_at = now()`),
    ).rejects.toThrow('check constraint');
    expect((await resolve(id, 'resolved', 'ann')).body.status).toBe('resolved');
    expect((await balances()).write_offs).toBeUndefined();
  });

  it('ages until it is closed', async () => {
    const { id } = await openBreak();
    const age = async (): Promise<number> => (await get<{ data: Break[] }>('/v1/breaks')).body.data[0]!.ageDays;
    expect(await age()).toBe(0);
    await service.api.clockBy('PT71H');
    expect(await age()).toBe(2);
    await resolve(id, 'explained', 'ann');
    await service.api.clockBy('P9D');
    expect(await age()).toBe(2);
  });

  it.each([
    ['an unknown break', '01932a4e-1234-7abc-8123-123456789abc', { resolution: 'explained', reason: 'x' }, 404],
    ['an unknown resolution', null, { resolution: 'forgotten', reason: 'x' }, 422],
    ['no reason', null, { resolution: 'explained', reason: '' }, 422],
  ])('is refused for %s', async (_, id, body, status) => {
    const found = id ?? (await openBreak()).id;
    if (id !== null) await start();
    expect((await service.api.call('POST', `/v1/breaks/${found}/resolution`, body, { scope: 'finance' })).status).toBe(
      status,
    );
  });
});

describe('an upload', () => {
  it('of the same file again is refused and names the first, also at the same time', async () => {
    await start();
    await join('a');
    const { header, lines } = await report();
    const text = file(header, lines);
    const answers = await Promise.all([upload(text), upload(text), upload(text)]);
    const [first] = answers.filter(({ status }) => status === 202);
    const refused = answers.filter(({ status }) => status === 409);
    expect([first?.status, refused.length]).toEqual([202, 2]);
    for (const { body } of [...refused, await upload(text)]) {
      expect(body).toMatchObject({
        code: 'settlement_already_loaded',
        detail: expect.stringContaining(first!.body.id) as string,
      });
    }
    expect([await count('settlements'), await count('settlement_lines')]).toEqual([1, 1]);
  });

  it('that cannot be read is rejected whole, with its lines, and may come again', async () => {
    await start();
    await join('a', 'b', 'c');
    const { header, lines } = await report();
    const broken = [lines[0]!, changed(header, lines[1]!, { currency: 'xxq' }), lines[2]!.slice(0, 50)];
    for (const text of [file(header, broken), file(header, broken)]) {
      const { settlement, breaks } = await settle(text);
      expect(breaks).toEqual([]);
      expect(settlement).toMatchObject({
        status: 'rejected',
        lines: 3,
        matched: 0,
        errors: [
          { line: 3, message: 'currency must be an ISO 4217 currency' },
          { line: 4, message: expect.stringMatching(/^it has \d cells, the header has 15$/) as string },
        ],
      });
    }
    expect(await count('settlement_lines')).toBe(0);
    const { settlement } = await settle(file(header, lines));
    expect(settlement).toMatchObject({ status: 'done', matched: 3, breaks: 0 });
  });

  it.each([
    ['of another gateway', 'paypal', 'file', 422],
    ['in another field', 'stripe', 'data', 422],
  ])('%s is refused', async (_, gateway, field, status) => {
    await start({ worker: false });
    expect((await upload('x', gateway, field)).status).toBe(status);
    expect(await count('settlements')).toBe(0);
  });

  it('is refused unless it is multipart, also to those who may not', async () => {
    await start({ worker: false });
    const path = '/v1/settlements?gateway=stripe';
    expect(await service.api.call('POST', path, {}, { scope: 'finance' })).toMatchObject({ status: 415 });
    const boundless = { 'content-type': 'multipart/form-data; boundary=' };
    expect((await service.api.call('POST', path, 'x', { scope: 'finance', headers: boundless })).status).toBe(400);
    const whole = '--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\nhalf';
    const cutOff = { 'content-type': 'multipart/form-data; boundary=x' };
    expect((await service.api.call('POST', path, whole, { scope: 'finance', headers: cutOff })).status).toBe(400);
    expect((await service.api.call('POST', path, whole, { scope: 'storefront', headers: cutOff })).status).toBe(403);
    expect(await count('settlements')).toBe(0);
  });

  it('that breaks off leaves nothing', async () => {
    await start({ worker: false });
    const { header } = await report();
    const sent = request(`${service.api.url}/v1/settlements?gateway=stripe`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${await service.api.token('finance')}`,
        'content-type': 'multipart/form-data; boundary=x',
        'content-length': 1_000_000,
      },
    });
    sent.on('error', () => undefined);
    sent.write(`--x\r\ncontent-disposition: form-data; name="file"; filename="a.csv"\r\n\r\n${header}\n`);
    const copying = (): Promise<boolean> =>
      service.database
        .query(`select from pg_stat_activity where query like 'copy settlement_lines%' and state = 'active'`)
        .then(({ rowCount }) => rowCount === 1);
    await until('the copying', copying);
    sent.destroy();
    await until('its end', async () => !(await copying()));
    expect([await count('settlements'), await count('settlement_lines')]).toEqual([0, 0]);
  });

  it('is compared by whoever comes after a worker that died between loading and comparing', async () => {
    await start({ worker: false });
    const worker = await createWorker(service.config);
    await join('a', 'b');
    await worker.close();
    const { header, lines } = await report();
    const { body } = await upload(file(header, lines.slice(0, 1)));
    expect(await shown(body.id)).toMatchObject({ status: 'running', lines: 1, matched: 0, breaks: 0 });
    const next = await createWorker(service.config);
    const { breaks } = await settled(body.id);
    await next.close();
    expect(breaks.map(({ kind }) => kind)).toEqual(['missing_at_gateway']);
  });

  it('of an Adyen report goes the same way, by our references where its ids are its own', async () => {
    await start();
    await join('a', 'b', 'c');
    const header =
      'Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,' +
      'Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,' +
      'Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),' +
      'Payment Method Variant,Modification Merchant Reference,Batch Number';
    const movements = await service.sandbox.movements();
    const lines = movements.map(
      ({ reference }, index) =>
        `Co,Shop,88160000000000${index}0,${reference},visa,2026-03-01 11:00:00,CET,Settled,88160000000000${index}1,` +
        `EUR,,49.99,1,EUR,,49.04,,0.95,0,0,visaclassic,,1`,
    );
    const { settlement, breaks } = await settle(file(header, lines), 'adyen');
    expect(breaks).toEqual([]);
    expect(settlement).toMatchObject({ format: 'adyen', lines: 3, matched: 3, breaks: 0 });
    expect(await balances()).toMatchObject({ bank: 3 * 4904, gateway_fees: 3 * 95 });
    expect((await balances()).gateway_receivable).toBeUndefined();
  });
});

describe('the pull', () => {
  async function pulls(): Promise<Settlement[]> {
    return (await get<{ data: Settlement[] }>('/v1/settlements')).body.data.reverse();
  }

  it('fetches what the gateway lists on its schedule, once each, and compares it like a file', async () => {
    await start({ config: { SETTLEMENT_PULL_EVERY_HOURS: 24 } });
    const [first] = await join('a', 'b');
    await service.api.cancel(first!.id);
    await until('the refund', async () => (await service.api.refunds(first!.id))[0]?.status === 'succeeded');
    expect(await service.api.clockBy('P1D')).toMatchObject({ pull_settlement: 1 });
    expect(await pulls()).toMatchObject([
      { format: 'pulled', status: 'done', lines: 3, matched: 3, breaks: 0, coversTo: '2026-03-02T09:45:00.000Z' },
    ]);
    await service.api.clockBy('PT1H');
    await join('c');
    expect(await service.api.clockBy('P2D')).toMatchObject({ pull_settlement: 2 });
    const all = await pulls();
    expect(all.map(({ lines, breaks }) => [lines, breaks])).toEqual([
      [3, 0],
      [1, 0],
      [0, 0],
    ]);
    for (const { id } of all) await booked(id);
    const books = await balances();
    expect([books.gateway_receivable, books.bank]).toEqual([undefined, 2 * 4999 - 3 * 95]);
  });

  it('finds what the gateway does not list', async () => {
    await start({ config: { SETTLEMENT_PULL_EVERY_HOURS: 24 } });
    await join('a', 'b');
    const [lost] = await service.sandbox.movements();
    const pg = await import('pg');
    const theirs = new pg.default.Client({ connectionString: service.sandboxDatabaseUrl });
    await theirs.connect();
    await theirs.query(
      `delete from objects where kind = 'balance_transaction' and body->>'source' in (
         select id from objects where kind = 'charge' and payment_intent = $1)`,
      [lost!.paymentIntent],
    );
    await theirs.end();
    await service.api.clockBy('P1D');
    const [pulled] = await pulls();
    const { breaks } = await settled(pulled!.id);
    expect(named(breaks)).toEqual([`missing_at_gateway ${lost!.paymentIntent}`]);
  });

  it('finds what the gateway lists later than it dates it, and fetches nothing twice', async () => {
    await start({ config: { SETTLEMENT_PULL_EVERY_HOURS: 24 } });
    await join('a', 'b');
    const pg = await import('pg');
    const theirs = new pg.default.Client({ connectionString: service.sandboxDatabaseUrl });
    await theirs.connect();
    await theirs.query(
      `update objects set kind = 'held' where id = (select id from objects where kind = 'balance_transaction' limit 1)`,
    );
    await service.api.clockBy('P1D');
    await theirs.query(`update objects set kind = 'balance_transaction' where kind = 'held'`);
    await theirs.end();
    await service.api.clockBy('P1D');
    const all = await pulls();
    expect(all.map(({ lines }) => lines)).toEqual([1, 1]);
    expect((await settled(all[1]!.id)).breaks).toMatchObject([{ kind: 'late', status: 'explained' }]);
    for (const { id } of all) await booked(id);
  });
});
