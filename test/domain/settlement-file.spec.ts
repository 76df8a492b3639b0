/** How settlement files are read: every format's cells, what cannot be read with its line, and pieces of any size. */
import { Readable } from 'node:stream';
import fc from 'fast-check';
import {
  ageDays,
  coversUntil,
  feeIsExpected,
  writeOffMinor,
  type BreakFacts,
} from '../../src/domain/reconciliation.js';
import { ADYEN_FORMAT } from '../../src/reconciliation/adyen-format.js';
import { ERRORS_MAX, ReadSettlement } from '../../src/reconciliation/read-settlement.js';
import {
  readAmount,
  readCurrency,
  readId,
  readInstant,
  readReference,
  type SettlementFormat,
} from '../../src/reconciliation/settlement-format.js';
import { pulledFormat } from '../../src/reconciliation/pulled-format.js';
import { STRIPE_FORMAT } from '../../src/reconciliation/stripe-format.js';

const ID = '01932a4e-1234-7abc-8123-123456789abc';
const HEADER =
  'balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,description,' +
  'customer_id,payment_intent_id,charge_id,payment_metadata[reference],refund_metadata[reference]';
const CAPTURE =
  'txn_1,2026-03-01 10:00:00,2026-03-03 10:00:00,eur,49.99,0.95,49.04,charge,ch_1,,cus_1,pi_1,ch_1,charge_1,';

interface Read {
  reading: ReadSettlement;
  rows: string[][];
}

/** Reads the text in pieces of so many bytes. */
async function read(
  text: string | Buffer,
  format: SettlementFormat = STRIPE_FORMAT,
  pieceBytes = 65_536,
): Promise<Read> {
  const bytes = Buffer.from(text);
  const starts = Array.from({ length: Math.ceil(bytes.length / pieceBytes) }, (_, index) => index * pieceBytes);
  const pieces = Readable.from(starts.map((at) => bytes.subarray(at, at + pieceBytes)));
  const reading = new ReadSettlement(format, 3);
  let copied = '';
  for await (const piece of reading.copyText(ID, pieces)) copied += piece;
  const rows = copied.split('\n').filter((row) => row !== '');
  return { reading, rows: rows.map((row) => row.split('\t').slice(1)) };
}

function stripeFile(...lines: string[]): string {
  return [HEADER, ...lines, ''].join('\n');
}

/** A capture with some cells replaced, by column. */
function capture(change: Record<string, string>): string {
  const columns = HEADER.split(',');
  return CAPTURE.split(',')
    .map((cell, index) => change[columns[index]!] ?? cell)
    .join(',');
}

describe('cells', () => {
  it.each([
    ['49.99', 'EUR', 4999],
    ['-49.99', 'EUR', -4999],
    ['49.9', 'EUR', 4990],
    ['49', 'EUR', 4900],
    ['0.00', 'EUR', 0],
    ['-0.00', 'EUR', 0],
    ['15.000', 'KWD', 15_000],
    ['0.250', 'KWD', 250],
    ['4900', 'JPY', 4900],
    ['4900.00', 'JPY', 4900],
    ['999999999999', 'JPY', 999_999_999_999],
  ])('%s %s is %d minor units', (text, currency, minor) => {
    expect(readAmount(text, currency, 'gross')).toBe(minor);
  });

  it.each([
    ['49.999', 'EUR'],
    ['4900.5', 'JPY'],
    ['1,000.00', 'EUR'],
    ['', 'EUR'],
    ['abc', 'EUR'],
    ['1e3', 'EUR'],
    ['+1', 'EUR'],
    [' 1', 'EUR'],
    ['=1+1', 'EUR'],
    ['1234567890123', 'JPY'],
  ])('%j is no amount in %s', (text, currency) => {
    expect(() => readAmount(text, currency, 'gross')).toThrow(/^gross must be an amount with up to \d decimals$/);
  });

  it('reads currencies in either case and no others', () => {
    expect(readCurrency('kwd', 'currency')).toBe('KWD');
    for (const text of ['', 'XXQ', 'euro', '978']) expect(() => readCurrency(text, 'currency')).toThrow('ISO 4217');
  });

  it('reads instants that exist', () => {
    expect(readInstant('2026-03-01 10:00:00', 'created_utc')).toEqual(new Date('2026-03-01T10:00:00.000Z'));
    expect(readInstant('2028-02-29 23:59:59', 'at', 2)).toEqual(new Date('2028-02-29T21:59:59.000Z'));
    for (const text of ['2026-02-31 10:00:00', '2026-13-01 00:00:00', '2026-03-01', '01/03/2026 10:00:00', '']) {
      expect(() => readInstant(text, 'created_utc')).toThrow('created_utc must be an instant');
    }
  });

  it('takes a formula for text, and nothing invisible for an id', () => {
    expect(readReference('=cmd()', 'reference')).toBe('=cmd()');
    expect(readReference('', 'reference')).toBeNull();
    expect(readId('=cmd()', 'id')).toBe('=cmd()');
    // Digits between letters, as a gateway's ids have them, though they pass Luhn.
    expect(readId('txn_4242424242424242a', 'id')).toBe('txn_4242424242424242a');
    for (const text of ['', 'a b', 'a\0b', 'é', 'x'.repeat(256)])
      expect(() => readId(text, 'id')).toThrow('id must be');
    for (const text of ['a\nb', 'a\0b', 'x'.repeat(256)]) expect(() => readReference(text, 'r')).toThrow('r must be');
  });
});

describe('a Stripe report', () => {
  it('becomes lines of ours, whatever the order of its columns and whatever else it holds', async () => {
    const refund =
      'txn_2,2026-03-02 00:00:00,2026-03-04 00:00:00,eur,-44.99,0.00,-44.99,refund,re_1,"REFUND, (x)",cus_1,pi_1,ch_1,charge_1,refund_1';
    const payout = 'txn_3,2026-03-03 00:00:00,,eur,-4.05,0,-4.05,payout,po_1,,,,,,';
    const tax = 'txn_4,2026-03-03 00:00:00,,jpy,-7,0,-7,tax,,,,,,,';
    const { rows, reading } = await read(stripeFile(CAPTURE, refund, payout, tax));
    expect(rows).toEqual([
      ['2', 'capture', 'txn_1', 'pi_1', 'charge_1', 'EUR', '4999', '95', 't', '2026-03-01T10:00:00.000Z'],
      ['3', 'refund', 'txn_2', 're_1', 'refund_1', 'EUR', '-4499', '0', 't', '2026-03-02T00:00:00.000Z'],
      ['4', 'payout', 'txn_3', 'po_1', '\\N', 'EUR', '-405', '0', 't', '2026-03-03T00:00:00.000Z'],
      ['5', 'other', 'txn_4', 'txn_4', '\\N', 'JPY', '-7', '0', 't', '2026-03-03T00:00:00.000Z'],
    ]);
    expect(reading).toMatchObject({ lines: 4, errors: [], firstAt: new Date('2026-03-01T10:00:00.000Z') });
    const shuffled = stripeFile(CAPTURE)
      .split('\n')
      .map((line) => [...line.split(',').reverse(), 'more'].join(','))
      .slice(0, 2)
      .join('\r\n');
    expect((await read(shuffled)).rows).toEqual(rows.slice(0, 1));
  });

  it('is read the same in pieces of any size', async () => {
    const tricky = capture({
      description: '"two\nlines, ""quoted"" – ¥"',
      'payment_metadata[reference]': 'back\\slash',
    });
    for (const end of ['\n', '\r\n']) {
      const text = stripeFile(tricky, CAPTURE, '', tricky, CAPTURE).replaceAll('\n', end);
      const whole = await read(text);
      expect(whole.reading.errors).toEqual([]);
      expect(whole.rows.map(([number]) => number)).toEqual(['2', '4', '6', '8']);
      expect(whole.rows[0]?.[4]).toBe('back\\\\slash');
      await fc.assert(
        fc.asyncProperty(fc.integer({ min: 1, max: 900 }), async (pieceBytes) => {
          expect((await read(text, STRIPE_FORMAT, pieceBytes)).rows).toEqual(whole.rows);
        }),
        { numRuns: 60 },
      );
    }
  });

  it.each<[what: string, line: string, message: RegExp]>([
    ['a truncated line', CAPTURE.slice(0, 60), /^it has 6 cells, the header has 15$/],
    ['a line with too much', `${CAPTURE},x`, /^it has 16 cells/],
    ['an unknown currency', capture({ currency: 'xxq' }), /^currency must be an ISO 4217 currency$/],
    ['a negative payment', capture({ gross: '-49.99' }), /^gross of a payment must be above zero$/],
    ['a positive refund', capture({ reporting_category: 'refund' }), /^gross of a refund must be below zero$/],
    ['a formula for an amount', capture({ gross: '=1+1' }), /^gross must be an amount/],
    ['a missing id', capture({ balance_transaction_id: '' }), /^balance_transaction_id must be/],
    [
      'a card number for an id',
      capture({ payment_intent_id: '4242424242424242' }),
      /^payment_intent_id looks like a card/,
    ],
    [
      'a card number in a reference',
      capture({ 'payment_metadata[reference]': 'paid with 4242 4242 4242 4242' }),
      /^payment_metadata\[reference\] looks like a card/,
    ],
    ['no instant', capture({ created_utc: 'yesterday' }), /^created_utc must be an instant/],
    [
      'a NUL in a reference',
      capture({ 'payment_metadata[reference]': 'a\0b' }),
      /^payment_metadata\[reference\] must be/,
    ],
    ['a quote amid a cell that is quoted', capture({ description: '"a"b"' }), /^a quote stands where none belongs$/],
    ['a quote that is never closed', capture({ description: '"a' }), /^a quote is not closed/],
  ])('is not used with %s', async (_, line, message) => {
    const { reading, rows } = await read(stripeFile(CAPTURE, line));
    expect(reading.errors).toEqual([{ line: 3, message: expect.stringMatching(message) as string }]);
    expect(rows.length).toBeLessThanOrEqual(1);
  });

  it('tells the column that cannot be read and never what stands in it', async () => {
    const { reading } = await read(stripeFile(capture({ gross: '4242424242424242', currency: 'eur' })));
    expect(JSON.stringify(reading.errors)).not.toContain('4242');
  });

  it('needs its header', async () => {
    const { reading } = await read(CAPTURE);
    expect(reading.errors).toEqual([
      { line: 1, message: expect.stringContaining('the header lacks balance_tran') as string },
    ]);
    expect((await read('')).reading.errors).toEqual([{ line: 1, message: 'the file is empty: it has no header' }]);
    expect((await read(stripeFile())).reading).toMatchObject({ lines: 0, errors: [] });
    expect((await read(`\ufeff${stripeFile(CAPTURE)}`)).rows).toHaveLength(1);
  });

  it('must be UTF-8, and says from where it is not', async () => {
    const broken = Buffer.concat([
      Buffer.from(stripeFile(CAPTURE, CAPTURE)),
      Buffer.from([0xff]),
      Buffer.from(CAPTURE),
    ]);
    for (const pieceBytes of [7, 65_536]) {
      const { reading } = await read(broken, STRIPE_FORMAT, pieceBytes);
      expect(reading.errors).toEqual([{ line: 4, message: 'it is not UTF-8' }]);
    }
  });

  it('tells the first hundred lines that cannot be read, and reads no quote to the end of the file', async () => {
    const lines = Array.from({ length: 300 }, () => 'x');
    expect((await read(stripeFile(...lines))).reading.errors.map(({ line }) => line)).toEqual(
      Array.from({ length: ERRORS_MAX }, (_, index) => index + 2),
    );
    const endless = `${stripeFile(CAPTURE)}"${'x'.repeat(3_000_000)}`;
    expect((await read(endless)).reading.errors).toEqual([
      { line: 3, message: 'it is longer than 1000000 characters' },
    ]);
  });
});

describe('an Adyen report', () => {
  const header =
    'Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,' +
    'Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),' +
    'Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Payment Method Variant,' +
    'Modification Merchant Reference,Batch Number';
  const settled =
    'Co,Shop,8816000000000007,charge_1,visa,2026-03-01 11:00:00,CET,Settled,8816000000000002,EUR,,49.99,1,EUR,,49.04,,0.5,0.4,0.05,visaclassic,,7';
  const refunded =
    'Co,Shop,8816000000000007,charge_1,visa,2026-07-01 12:00:00,CEST,Refunded,8816000000000003,EUR,44.99,,1,EUR,44.99,,,,,,visaclassic,refund_1,7';
  const fee = 'Co,Shop,,,,2026-07-02 00:00:00,UTC,Fee,Transaction-Fees-July,,,,,EUR,1.20,,,,,,,,7';
  const payout = 'Co,Shop,,,,2026-07-02 00:00:00,UTC,MerchantPayout,,,,,,EUR,2.85,,,,,,,,7';

  it('becomes the same lines', async () => {
    const { rows, reading } = await read([header, settled, refunded, fee, payout].join('\n'), ADYEN_FORMAT);
    expect(reading.errors).toEqual([]);
    expect(rows.map((row) => row.slice(1))).toEqual([
      [
        'capture',
        '8816000000000002',
        '8816000000000007',
        'charge_1',
        'EUR',
        '4999',
        '95',
        't',
        '2026-03-01T10:00:00.000Z',
      ],
      [
        'refund',
        '8816000000000003',
        '8816000000000003',
        'refund_1',
        'EUR',
        '-4499',
        '0',
        't',
        '2026-07-01T10:00:00.000Z',
      ],
      [
        'fee',
        'Transaction-Fees-July',
        'Transaction-Fees-July',
        '\\N',
        'EUR',
        '-120',
        '0',
        'f',
        '2026-07-02T00:00:00.000Z',
      ],
      [
        'payout',
        'MerchantPayout:2026-07-02T00:00:00',
        'MerchantPayout:2026-07-02T00:00:00',
        '\\N',
        'EUR',
        '-285',
        '0',
        't',
        '2026-07-02T00:00:00.000Z',
      ],
    ]);
  });

  it.each([
    ['another currency for the net', settled.replace('1,EUR,,49.04', '1,USD,,49.04'), 'Gross Currency must be the Net'],
    ['an unknown zone', settled.replace('CET', 'XYZ'), 'TimeZone must be one of UTC'],
    ['no reference of its own', settled.replace('8816000000000002', ''), 'Modification Reference must be'],
  ])('is not used with %s', async (_, line, message) => {
    const { reading } = await read([header, line].join('\n'), ADYEN_FORMAT);
    expect(reading.errors).toEqual([{ line: 2, message: expect.stringContaining(message) as string }]);
  });
});

it('reads what was pulled in minor units and milliseconds', async () => {
  const text =
    'id,kind,source,reference,currency,gross,fee,at\ntxn_1,capture,pi_1,charge_1,KWD,15000,460,1772359200000\n';
  expect((await read(text, pulledFormat(0))).rows).toEqual([
    ['2', 'capture', 'txn_1', 'pi_1', 'charge_1', 'KWD', '15000', '460', 't', '2026-03-01T10:00:00.000Z'],
  ]);
  const { reading } = await read(text.replace('15000', '150.00x'), pulledFormat(0));
  expect(reading.errors).toEqual([{ line: 2, message: 'gross must be a whole number' }]);
});

describe('the law', () => {
  it.each([
    ['capture', 4999, 180, 2, true],
    ['capture', 4999, 181, 2, false],
    ['capture', 4999, 0, 2, true],
    ['capture', 4999, -1, 2, false],
    ['capture', 15_000, 750, 3, true],
    ['capture', 15_000, 751, 3, false],
    ['capture', 4900, 177, 0, true],
    ['capture', 4900, 178, 0, false],
    ['refund', -4999, 0, 2, true],
    ['refund', -4999, 1, 2, false],
    ['refund', -4999, -95, 2, false],
    ['chargeback', -4999, 1500, 2, true],
    ['payout', -4999, 0, 2, true],
    ['fee', -100, 0, 2, false],
  ] as const)('%s of %d with fee %d in %d digits: %s', (kind, grossMinor, feeMinor, digits, expected) => {
    expect(feeIsExpected({ kind, grossMinor, feeMinor }, digits, 3)).toBe(expected);
  });

  it('holds a file complete for its whole last day, less its margin, and for nothing after its receipt', () => {
    const at = (text: string): Date => new Date(`2026-03-${text}Z`);
    const margin = 15 * 60_000;
    expect(coversUntil(at('01T10:00:00.000'), margin, at('05T00:00:00.000'))).toEqual(at('01T23:45:00.000'));
    expect(coversUntil(at('02T00:00:00.000'), margin, at('05T00:00:00.000'))).toEqual(at('02T23:45:00.000'));
    expect(coversUntil(at('01T23:59:59.999'), margin, at('05T00:00:00.000'))).toEqual(at('01T23:45:00.000'));
    expect(coversUntil(at('01T10:00:00.000'), margin, at('01T11:00:00.000'))).toEqual(at('01T11:00:00.001'));
  });

  it('counts whole days', () => {
    const opened = new Date('2026-03-01T10:00:00.000Z');
    expect(ageDays(opened, new Date('2026-03-02T09:59:59.999Z'))).toBe(0);
    expect(ageDays(opened, new Date('2026-03-02T10:00:00.000Z'))).toBe(1);
  });

  const eur = (amountMinor: number): BreakFacts['ours'] => ({ amountMinor, currency: 'EUR' });
  it.each<[BreakFacts['kind'], BreakFacts['movement'], BreakFacts['ours'], BreakFacts['theirs'], number]>([
    ['missing_at_gateway', 'capture', eur(4999), null, 4999],
    ['missing_at_gateway', 'refund', eur(4999), null, -4999],
    ['amount_differs', 'capture', eur(4999), eur(4990), 9],
    ['amount_differs', 'capture', eur(4999), eur(5000), -1],
    ['amount_differs', 'refund', eur(4499), eur(4500), 1],
    ['currency_differs', 'capture', eur(4999), { amountMinor: 5400, currency: 'USD' }, 4999],
    ['late', 'capture', eur(4999), eur(4999), -4999],
    ['missing_here', 'capture', null, eur(4999), 0],
    ['duplicate', 'capture', eur(4999), eur(4999), 0],
    ['wrong_state', 'capture', eur(4999), eur(4999), 0],
    ['fee_unexpected', 'capture', null, eur(500), 0],
  ])('giving up %s of a %s costs %#', (kind, movement, ours, theirs, minor) => {
    expect(writeOffMinor({ kind, movement, ours, theirs })).toBe(minor);
  });
});
