/**
 * Invoices and credit notes over many lives: one per payment and per refund, numbered without a gap, frozen, and equal
 * to the ledger to the minor unit, per contracting company.
 */
import { createHash } from 'node:crypto';
import type { Answer } from '../support/api-client.js';
import { audit } from '../support/auditor.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const START = '2026-03-01T10:00:00.000Z';
const SINGAPORE = 'Alibaba.com Singapore E-Commerce Private Limited';
const KOREAN = 'ALIEXPRESS KOREA HOLDING (SINGAPORE) PTE. LTD. and AliExpress Korea Limited';
const FINANCE = { scope: 'finance' } as const;

interface Money {
  amount: number;
  currency: string;
}

interface Document {
  id: string;
  kind: 'invoice' | 'credit_note';
  number: string;
  entity: string;
  issuedAt: string;
  subscriptionId: string;
  description: string;
  net: Money;
  tax: Money;
  gross: Money;
  taxBasisPoints: number;
  invoiceNumber: string | null;
}

let service: Service;
beforeAll(async () => {
  service = await startService({ startAt: START });
});
afterEach(async () => {
  await service.sandbox.faults({});
  await quiet();
  expect(await audit(service.database, service.sandbox)).toEqual([]);
  expect(await taxByDocuments()).toEqual(await taxByLedger());
});
afterAll(() => service.stop());

/** Until everything that is due has been done, documents too. */
async function quiet(): Promise<void> {
  await service.api.clockBy('PT1S');
}

/** A subscription's documents, oldest first. */
async function documentsOf(id: string): Promise<Document[]> {
  await quiet();
  const { body } = await service.api.call<{ data: Document[] }>('GET', `/v1/subscriptions/${id}/invoices`);
  return body.data.reverse();
}

function find(query: string): Promise<Answer<{ data: Document[]; nextCursor: string | null }>> {
  return service.api.call('GET', `/v1/invoices?${query}`, undefined, FINANCE);
}

async function page(id: string): Promise<{ status: number; headers: Headers; text: string }> {
  const authorization = `Bearer ${await service.api.token('finance')}`;
  const answer = await fetch(`${service.api.url}/v1/invoices/${id}.html`, { headers: { authorization } });
  return { status: answer.status, headers: answer.headers, text: await answer.text() };
}

async function booked<T extends object>(query: string): Promise<T[]> {
  return (await service.database.query<T>(query)).rows;
}

/** Invoices less credit notes, of every book. */
function taxByDocuments(): Promise<object[]> {
  return booked(`select entity, currency, sum(case kind when 'invoice' then tax_minor else -tax_minor end)::text as tax
    from documents group by 1, 2 order by 1, 2`);
}

async function taxByLedger(): Promise<object[]> {
  const { body } = await service.api.call<{
    books: { entity: string; currency: string; accounts: { account: string; debit: number; credit: number }[] }[];
  }>('GET', '/v1/ledger/trial-balance', undefined, FINANCE);
  return body.books.map(({ entity, currency, accounts }) => {
    const { credit = 0, debit = 0 } = accounts.find(({ account }) => account === 'tax_payable') ?? {};
    return { entity, currency, tax: String(credit - debit) };
  });
}

function compensate(id: string, amount: number): Promise<Answer> {
  const path = `/v1/subscriptions/${id}/compensations`;
  return service.api.call('POST', path, { amount, reason: 'outage' }, { scope: 'operations' });
}

it('invoices a payment and credits its refund, each with everything it is about', async () => {
  const { api } = service;
  const { id, currentTerm } = (await api.subscribe('first')).body;
  const [charge] = await api.charges(id);
  const [invoice] = await documentsOf(id);
  expect(invoice).toEqual({
    id: expect.any(String),
    kind: 'invoice',
    number: expect.stringMatching(/^INV1-2026-\d{6}$/),
    entity: SINGAPORE,
    issuedAt: expect.any(String),
    postedAt: START,
    subscriptionId: id,
    userId: 'first',
    country: 'ES',
    description: 'VIP membership, term 1',
    termNumber: 1,
    addOn: null,
    period: { from: currentTerm?.startsAt, to: currentTerm?.endsAt },
    net: { amount: 4131, currency: 'EUR' },
    tax: { amount: 868, currency: 'EUR' },
    gross: { amount: 4999, currency: 'EUR' },
    taxBasisPoints: 2100,
    chargeId: charge?.id,
    chargeReference: charge?.reference,
    clause: '3.3.1',
    invoiceId: null,
    invoiceNumber: null,
    refundId: null,
    chargebackId: null,
    basis: null,
  });

  // 351 of 365 days left: 4807, and 868 × 4807 / 4999 = 834.66 → 835 of tax with it
  await api.clockTo('2026-03-15T23:00:00.000Z');
  const [refund] = (await api.cancel(id)).body.refunds;
  const [, note] = await documentsOf(id);
  expect(note).toMatchObject({
    kind: 'credit_note',
    number: expect.stringMatching(/^CN1-2026-\d{6}$/),
    postedAt: '2026-03-15T23:00:00.000Z',
    description: 'Refund: VIP membership, term 1',
    net: { amount: 3972, currency: 'EUR' },
    tax: { amount: 835, currency: 'EUR' },
    gross: { amount: 4807, currency: 'EUR' },
    taxBasisPoints: 2100,
    clause: '3.4.2',
    basis: 'pro_rata',
    refundId: refund?.id,
    invoiceId: invoice?.id,
    invoiceNumber: invoice?.number,
  });
  const shown = await api.call('GET', `/v1/invoices/${note?.id}`, undefined, FINANCE);
  expect(shown).toMatchObject({ status: 200, body: note });
});

it('invoices a value-added service by its code, credits compensations and a term withdrawn, part by part', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('many')).body;
  await api.call('POST', `/v1/subscriptions/${id}/add-ons/gift_wrapping/acceptance`, {
    price: { amount: 990, currency: 'EUR' },
  });
  await api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {});
  expect((await compensate(id, 100)).status).toBe(201);
  expect((await api.call('POST', `/v1/subscriptions/${id}/early-renewal/cancellation`, {})).status).toBe(200);
  await api.cancel(id);
  const documents = await documentsOf(id);
  const shown = documents.map(({ kind, description, gross, tax }) => [kind, description, gross.amount, tax.amount]);
  expect(shown.slice(0, 3)).toEqual([
    ['invoice', 'VIP membership, term 1', 4999, 868],
    ['invoice', 'Value-added service gift_wrapping', 990, 172],
    ['invoice', 'VIP membership, term 2', 4999, 868],
  ]);
  // 100 of 4999 hold 17.36 → 17 of tax; the last 4899 bring what is left of 868
  expect(shown.slice(3).sort()).toEqual([
    ['credit_note', 'Compensation: VIP membership, term 2', 100, 17],
    ['credit_note', 'Refund: VIP membership, term 1', 4999, 868],
    ['credit_note', 'Refund: VIP membership, term 2', 4899, 851],
    ['credit_note', 'Refund: Value-added service gift_wrapping', 990, 172],
  ]);
  const [, addOn] = documents;
  expect(addOn).toMatchObject({ addOn: 'gift_wrapping', period: null, termNumber: 1, clause: '3.1.3' });
});

it('issues neither for an unapplied payment that went back', async () => {
  const { api, sandbox, database } = service;
  await sandbox.faults({ latencyMs: 700 });
  const subscribing = api.subscribe('late', {}, { waitSeconds: 0 });
  const { id } = (await subscribing).body;
  const inFlight = `select from gateway_requests where subscription_id = $1 and status = 'submitted'`;
  await until('a charge in flight', async () => (await database.query(inFlight, [id])).rowCount === 1);
  expect((await api.cancel(id, {}, { waitSeconds: 0 })).body.subscription.status).toBe('canceled');
  await api.clockBy('PT1M');
  expect(await api.refunds(id)).toMatchObject([{ amount: 4999, basis: 'full', status: 'succeeded' }]);
  expect(await documentsOf(id)).toEqual([]);
});

it('credits by the rate of the invoice, whatever the rate has become', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('polish', { country: 'PL' })).body;
  const { body } = await api.call<{ now: string }>('GET', '/test/clock');
  const effectiveFrom = new Date(Date.parse(body.now) + 3_600_000).toISOString();
  const rate = { basisPoints: 800, effectiveFrom, source: 'a reduced rate' };
  expect((await api.call('POST', '/v1/markets/PL/tax-rates', rate, FINANCE)).status).toBe(201);
  await api.clockBy('P1D');
  const { id: later } = (await api.subscribe('polish-later', { country: 'PL' })).body;
  await api.cancel(id);
  const [invoice, note] = await documentsOf(id);
  expect([invoice?.taxBasisPoints, note?.taxBasisPoints]).toEqual([2300, 2300]);
  expect(note?.tax).toEqual(invoice?.tax);
  expect((await documentsOf(later)).map(({ taxBasisPoints }) => taxBasisPoints)).toEqual([800]);
});

it('numbers each company by itself, two that contract together as one, and goes on over New Year', async () => {
  const { api } = service;
  const { id: korean } = (await api.subscribe('korean', { country: 'KR', residenceCountry: 'KR' })).body;
  const { id: american } = (await api.subscribe('american', { country: 'US', residenceCountry: 'US' })).body;
  const [first] = await documentsOf(korean);
  const [other] = await documentsOf(american);
  expect(first).toMatchObject({ entity: KOREAN, tax: { currency: 'KRW' } });
  expect(new Set([first?.number.slice(0, 5), other?.number.slice(0, 5)])).toEqual(new Set(['INV2-', 'INV3-']));
  expect([first?.number, other?.number].map((number) => number?.slice(5))).toEqual(['2026-000001', '2026-000001']);

  await api.clockTo('2026-12-31T23:59:59.999Z');
  const { id: before } = (await api.subscribe('before', { country: 'KR', residenceCountry: 'KR' })).body;
  const [last] = await documentsOf(before);
  const { id: after } = (await api.subscribe('after', { country: 'KR', residenceCountry: 'KR' })).body;
  const [next] = await documentsOf(after);
  expect([last?.number, next?.number].map((number) => number?.slice(5))).toEqual(['2026-000002', '2027-000003']);
});

it('credits in the book the refund is posted in, by the name of the old invoice', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('moved', { residenceCountry: 'FR' })).body;
  const [invoice] = await documentsOf(id);
  const { body } = await api.call<{ now: string }>('GET', '/test/clock');
  const to = `<script>alert("it's")</script> & Söhne <b>GmbH</b>`;
  const effectiveAt = new Date(Date.parse(body.now) + 60_000).toISOString();
  const transfer = { from: SINGAPORE, to, country: 'FR', effectiveAt };
  expect((await api.call('POST', '/v1/entity-transfers', transfer, { scope: 'operations' })).status).toBe(201);
  await api.clockTo(effectiveAt);
  await api.cancel(id);
  const [, note] = await documentsOf(id);
  expect(invoice?.entity).toBe(SINGAPORE);
  expect(note).toMatchObject({ entity: to, number: expect.stringMatching(/-000001$/), invoiceNumber: invoice?.number });

  const { text } = await page(note?.id ?? '');
  expect(text).toContain(
    '&lt;script&gt;alert(&quot;it&#39;s&quot;)&lt;/script&gt; &amp; Söhne &lt;b&gt;GmbH&lt;/b&gt;',
  );
  expect(text).not.toMatch(/<script|<b>|onerror=/);
});

describe('the printed page', () => {
  it.each([
    ['ES', 'ES', ['EUR 41.31', 'Tax 21 %', 'EUR 8.68', 'EUR 49.99']],
    ['JP', 'JP', ['JPY 4,455', 'Tax 10 %', 'JPY 445', 'JPY 4,900']],
    ['KW', 'KW', ['KWD 15.000', 'Tax 0 %', 'KWD 0.000', 'KWD 15.000']],
    ['BR', 'BR', ['Tax 5 %']],
  ])('of %s has the decimals of its currency', async (country, residenceCountry, words) => {
    const { id } = (await service.api.subscribe(`prints-${country}`, { country, residenceCountry })).body;
    const [invoice] = await documentsOf(id);
    const { status, headers, text } = await page(invoice?.id ?? '');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
    let from = 0;
    for (const word of words) {
      expect(text.slice(from)).toContain(word);
      from = text.indexOf(word, from) + word.length;
    }
    const reference = (await service.api.charges(id))[0]?.reference;
    for (const said of [
      `Invoice ${invoice?.number}`,
      SINGAPORE,
      `Member prints-${country}`,
      reference,
      'clause 3.3.1',
    ]) {
      expect(text).toContain(said);
    }
  });

  it('is shown by a browser: it carries one style, which its policy names, and nothing else to load or run', async () => {
    const [document] = (await find('limit=1')).body.data;
    const { headers, text } = await page(document?.id ?? '');
    const policy = headers.get('content-security-policy') ?? '';
    const styles = [...text.matchAll(/<style>([\s\S]*?)<\/style>/g)].map(([, style = '']) => style);
    const hashes = styles.map((style) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(hashes).toHaveLength(1);
    expect(policy.split('; ').sort()).toEqual(
      [
        `default-src 'none'`,
        `style-src ${hashes[0]}`,
        ...[`base-uri 'none'`, `form-action 'none'`, `frame-ancestors 'none'`],
      ].sort(),
    );
    expect(styles[0]).toMatch(/@page \{ size: A4/);
    expect(text).toMatch(/^<!doctype html>\n<html lang="en">/);
    expect(text.replace(/<style>[\s\S]*<\/style>/, '')).not.toMatch(
      /\b(src|href|style|on\w+)=|<(script|link|img|iframe)/i,
    );
    expect(text).not.toMatch(/url\(|@import|https?:/);
  });

  it('of a credit note names the invoice it corrects, the basis and the clause', async () => {
    const [note] = (await find('kind=credit_note&limit=1')).body.data;
    const { text } = await page(note?.id ?? '');
    for (const said of [`Credit note ${note?.number}`, note?.invoiceNumber, 'Refund decided', 'clause 3.4']) {
      expect(text).toContain(said);
    }
  });
});

it('lists what is asked for, newest first, page by page', async () => {
  const all: Document[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const { body } = await find(`limit=3${cursor === '' ? '' : `&cursor=${cursor}`}`);
    all.push(...body.data);
    cursor = body.nextCursor;
  }
  const stored = await booked<{ number: string }>('select number from documents order by issued_at desc, id desc');
  expect(all.map(({ number }) => number)).toEqual(stored.map(({ number }) => number));
  expect(all.length).toBeGreaterThan(10);

  const only = async (query: string, keep: (document: Document) => boolean): Promise<void> => {
    const { body } = await find(`${query}&limit=100`);
    expect(body.data).toEqual(all.filter(keep));
    expect(body.data.length).toBeGreaterThan(0);
  };
  const from = '2026-03-15T00:00:00.000Z';
  const one = all[0]!;
  await only('kind=credit_note', ({ kind }) => kind === 'credit_note');
  await only(`entity=${encodeURIComponent(KOREAN)}`, ({ entity }) => entity === KOREAN);
  await only(`subscriptionId=${one.subscriptionId}`, ({ subscriptionId }) => subscriptionId === one.subscriptionId);
  await only(`from=${from}`, ({ issuedAt }) => issuedAt >= from);
  await only(`to=${from}`, ({ issuedAt }) => issuedAt < from);
  await only(
    `from=${one.issuedAt}&kind=${one.kind}`,
    ({ issuedAt, kind }) => issuedAt >= one.issuedAt && kind === one.kind,
  );
});

it('shows nothing that is not there, and tells an id of many digits from a card', async () => {
  const digits = '01970000-0000-7000-8000-004242424242';
  for (const id of ['01932a4e-1234-7abc-8123-123456789abc', digits]) {
    for (const path of [`/v1/invoices/${id}`, `/v1/invoices/${id}.html`]) {
      const { status, headers, body } = await service.api.call('GET', path, undefined, FINANCE);
      expect({ path, status, body }).toMatchObject({ status: 404, body: { code: 'not_found' } });
      expect(headers.get('content-type')).toContain('application/problem+json');
    }
  }
  for (const path of ['/v1/invoices/x', '/v1/invoices/x.html', '/v1/invoices/.html']) {
    expect((await service.api.call('GET', path, undefined, FINANCE)).status).toBe(422);
  }
});

it('lets nobody change, remove, repeat or skip what was issued', async () => {
  const change = (statement: string): Promise<unknown> => service.database.query(statement);
  for (const statement of ['update documents set tax_minor = 0', 'delete from documents', 'truncate documents']) {
    await expect(change(statement)).rejects.toThrow('append only');
  }
  const [last] = await booked<{ id: string; sequence: number }>(
    `select id, sequence from documents where entity = '${SINGAPORE}' and kind = 'invoice' order by sequence desc limit 1`,
  );
  const copy = (id: string, sequence: number): Promise<unknown> =>
    change(`insert into documents select (jsonb_populate_record(d, jsonb_build_object('id', '${id}', 'number', 'X',
      'sequence', ${sequence}, 'charge_id', gen_random_uuid()))).* from documents d where id = '${last?.id}'`);
  const [unused] = await booked<{ id: string }>(
    `select id from ledger_transactions where fact = 'refund_paid' order by id limit 1`,
  );
  const next = (last?.sequence ?? 0) + 1;
  await expect(copy(unused?.id ?? '', next + 1)).rejects.toThrow('must carry the number that follows');
  await expect(copy(unused?.id ?? '', next - 1)).rejects.toThrow('documents_entity_kind_sequence_key');
  await expect(copy(last?.id ?? '', next)).rejects.toThrow('documents_pkey');
  await expect(copy('01932a4e-1234-7abc-8123-123456789abc', next)).rejects.toThrow('documents_id_fkey');
});

it('credits what a lost chargeback took, beside what was refunded before, and all of it once', async () => {
  const { api, sandbox } = service;
  const { id } = (await api.subscribe('charged-back')).body;
  expect((await compensate(id, 1000)).status).toBeLessThan(300);
  const disputed = await sandbox.dispute(id, { amount: 3999 });
  const become = (status: string): Promise<void> =>
    until(`the dispute is ${status}`, async () => {
      const path = `/v1/chargebacks?status=${status}`;
      const { body } = await api.call<{ data: { gatewayDisputeId: string }[] }>('GET', path, undefined, FINANCE);
      return body.data.some(({ gatewayDisputeId }) => gatewayDisputeId === disputed);
    });
  await become('open');
  expect(await documentsOf(id)).toHaveLength(2);
  await sandbox.closeDispute(disputed, 'lost');
  await become('lost');
  const [, compensated, note] = await documentsOf(id);
  // 868 × 1000 / 4999 = 173.6 → 174 of tax went back before; 868 − 174 = 694 with the rest
  expect(compensated).toMatchObject({ gross: { amount: 1000 }, tax: { amount: 174 }, basis: 'compensation' });
  expect(note).toMatchObject({
    kind: 'credit_note',
    description: 'Charged back: VIP membership, term 1',
    gross: { amount: 3999 },
    tax: { amount: 694 },
    basis: 'chargeback',
    clause: '5.2',
    refundId: null,
    chargebackId: expect.any(String),
  });
  expect((await page(note?.id ?? '')).text).toContain('<dt>Charged back</dt>');
});
