/** The posting law: every set of postings balances, and the parts of a fee always sum to the whole. */
import fc from 'fast-check';
import {
  deferredMinor,
  endOfMonth,
  recognitions,
  unearnedMinor,
  type DeferredFee,
} from '../../src/domain/deferred-fee.js';
import { DAY_MS, plusDays, plusMs } from '../../src/domain/instant.js';
import * as ledger from '../../src/domain/ledger.js';
import { taxOfRefund, taxWithin } from '../../src/domain/tax.js';

const START = new Date('2026-03-01T10:00:00.000Z');

function feeOf(change: Partial<DeferredFee> = {}): DeferredFee {
  return {
    chargeId: 'c',
    subscriptionId: 's',
    termNumber: 1,
    kind: 'term',
    entity: 'E',
    currency: 'EUR',
    grossMinor: 4999,
    taxMinor: 868,
    taxBasisPoints: 2100,
    startsAt: START,
    endsAt: plusDays(START, 365),
    capturedAt: START,
    recognisedMinor: 0,
    recognisedUntil: null,
    returnedMinor: 0,
    status: 'open',
    ...change,
  };
}

const sum = (postings: ledger.Posting[]): number => postings.reduce((total, one) => total + one.amountMinor, 0);

describe('tax', () => {
  test.each([
    [4999, 2100, 868],
    [4900, 1000, 445],
    [15_000, 0, 0],
    [1, 2100, 0],
    [3, 2100, 1],
    [4999, 10_000, 2499],
  ])('%i gross at %i basis points holds %i', (gross, basisPoints, tax) => {
    expect(taxWithin(gross, basisPoints)).toBe(tax);
  });

  test('the tax of the parts of a return sums to the tax of the whole', () => {
    const split = fc.tuple(
      fc.integer({ min: 1, max: 1e12 }),
      fc.integer({ min: 0, max: 10_000 }),
      fc.float({ noNaN: true, min: 0, max: 1 }),
    );
    fc.assert(
      fc.property(split, ([grossMinor, basisPoints, share]) => {
        const paid = { grossMinor, taxMinor: taxWithin(grossMinor, basisPoints) };
        const first = Math.floor(grossMinor * share);
        const back = taxOfRefund(paid, 0, first) + taxOfRefund(paid, first, grossMinor - first);
        expect(back).toBe(paid.taxMinor);
      }),
    );
  });

  test('the worked refund: 4807 gives back 835, the last 192 then 33', () => {
    const paid = { grossMinor: 4999, taxMinor: 868 };
    expect([taxOfRefund(paid, 0, 4807), taxOfRefund(paid, 4807, 192)]).toEqual([835, 33]);
  });
});

describe('recognition', () => {
  test.each([
    ['before it starts', plusDays(START, -30), 4131],
    ['at its start', START, 4131],
    ['in the last millisecond of its first day', plusMs(START, DAY_MS - 1), 4131],
    ['after a day', plusDays(START, 1), 4120],
    ['with 351 days left', plusDays(START, 14), 3973],
    ['a day before its end', plusDays(START, 364), 11],
    ['at its end', plusDays(START, 365), 0],
    ['long after', plusDays(START, 800), 0],
  ])('%s', (_, at, unearned) => {
    expect(unearnedMinor(feeOf(), at)).toBe(unearned);
  });

  test('lands in the months it was earned in, none of them closed', () => {
    const parts = recognitions(feeOf(), new Date('2026-05-10T10:00:00.000Z'), null);
    // 30 days by 31 March 24:00 (the 31st begins at 10:00): 4131 − round(4131 × 335 / 365) = 4131 − 3791
    expect(parts).toEqual([
      { at: new Date('2026-03-31T23:59:59.999Z'), amountMinor: 340 },
      { at: new Date('2026-04-30T23:59:59.999Z'), amountMinor: 339 },
      { at: new Date('2026-05-10T10:00:00.000Z'), amountMinor: 113 },
    ]);
  });

  test('leaves closed months alone', () => {
    const parts = recognitions(
      feeOf({ recognisedMinor: 340 }),
      new Date('2026-05-10T10:00:00.000Z'),
      endOfMonth('2026-03'),
    );
    expect(parts.map(({ amountMinor }) => amountMinor)).toEqual([339, 113]);
  });

  test('leaves what was recognised ahead of the closes where it is', () => {
    // Brought up to 10 May when the company changed: 340 + 339 + 113 = 792.
    const ahead = feeOf({ recognisedMinor: 792, recognisedUntil: new Date('2026-05-10T10:00:00.000Z') });
    expect(recognitions(ahead, new Date('2026-06-02T10:00:00.000Z'), null)).toEqual([
      // 91 days by 31 May, 93 by 2 June: 1030 − 792, 1053 − 1030
      { at: new Date('2026-05-31T23:59:59.999Z'), amountMinor: 238 },
      { at: new Date('2026-06-02T10:00:00.000Z'), amountMinor: 23 },
    ]);
  });

  test('takes back what days given back made unearned again', () => {
    const lengthened = feeOf({ recognisedMinor: 2000, endsAt: plusDays(START, 395) });
    // 4131 × 215 / 395 = 2248.5 → 2249 unearned, so 1882 earned
    expect(recognitions(lengthened, plusDays(START, 180), plusDays(START, 180))).toEqual([
      { at: plusDays(START, 180), amountMinor: -118 },
    ]);
  });

  test('the parts sum to the whole, whatever the cuts', () => {
    const cuts = fc.array(fc.integer({ min: 0, max: 400 * 24 }), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), cuts, (grossMinor, hours) => {
        const fee = feeOf({ grossMinor, taxMinor: 0 });
        for (const hour of hours.sort((a, b) => a - b)) {
          const at = plusMs(START, hour * 3_600_000);
          for (const part of recognitions(fee, at, null)) fee.recognisedMinor += part.amountMinor;
          expect(deferredMinor(fee)).toBe(unearnedMinor(fee, at));
        }
        for (const part of recognitions(fee, plusDays(START, 365), null)) fee.recognisedMinor += part.amountMinor;
        expect(fee.recognisedMinor).toBe(grossMinor);
      }),
    );
  });
});

describe('postings', () => {
  const deferred = { account: 'deferred_revenue', restMinor: 3973 } as const;

  test.each<[string, ledger.Posting[], Record<string, number>]>([
    [
      'capture',
      ledger.postCapture(4999, 868, 'deferred_revenue'),
      { gateway_receivable: 4999, deferred_revenue: -4131, tax_payable: -868 },
    ],
    [
      'capture without tax',
      ledger.postCapture(15_000, 0, 'deferred_add_ons'),
      { gateway_receivable: 15_000, deferred_add_ons: -15_000 },
    ],
    [
      'capture that nothing is served for',
      ledger.postUnappliedPayment(4999),
      { gateway_receivable: 4999, refunds_payable: -4999 },
    ],
    ['recognition', ledger.postRecognition(340), { deferred_revenue: 340, membership_revenue: -340 }],
    [
      'refund of the unearned rest: 1 is kept by rounding',
      ledger.postRefundOwed(deferred, { grossMinor: 4807, taxMinor: 835 }, 'membership_revenue'),
      { deferred_revenue: 3973, tax_payable: 835, refunds_payable: -4807, membership_revenue: -1 },
    ],
    [
      'full refund inside the period: the earned part reduces revenue',
      ledger.postRefundOwed(deferred, { grossMinor: 4999, taxMinor: 868 }, 'benefit_deductions'),
      { deferred_revenue: 3973, tax_payable: 868, refunds_payable: -4999, revenue_reductions: 158 },
    ],
    [
      'refund less a deduction',
      ledger.postRefundOwed(deferred, { grossMinor: 4499, taxMinor: 781 }, 'benefit_deductions'),
      { deferred_revenue: 3973, tax_payable: 781, refunds_payable: -4499, benefit_deductions: -255 },
    ],
    [
      'compensation',
      ledger.postCompensation(500, 87),
      { revenue_reductions: 413, tax_payable: 87, refunds_payable: -500 },
    ],
    [
      'forfeiture',
      ledger.postKept('deferred_revenue', 3973, 'forfeited_fees'),
      { deferred_revenue: 3973, forfeited_fees: -3973 },
    ],
    [
      'its correction',
      ledger.postForfeitureCorrected('deferred_revenue', 3973),
      { deferred_revenue: -3973, forfeited_fees: 3973 },
    ],
    ['refund paid', ledger.postRefundPaid(4807), { refunds_payable: 4807, gateway_receivable: -4807 }],
    ['refund bounced', ledger.postRefundBounced(4807), { refunds_payable: -4807, gateway_receivable: 4807 }],
    ['refund paid another way', ledger.postRefundPaidOtherwise(4807), { refunds_payable: 4807, bank: -4807 }],
    ['add-on used', ledger.postAddOnUsed(818), { deferred_add_ons: 818, add_on_revenue: -818 }],
    [
      'transfer, the side that gives',
      ledger.postTransfer('deferred_revenue', 3973),
      { deferred_revenue: 3973, intercompany: -3973 },
    ],
    ['settlement', ledger.postSettlement(4999, 95), { bank: 4904, gateway_fees: 95, gateway_receivable: -4999 }],
    [
      'settlement of more refunds than captures',
      ledger.postSettlement(-4807, 0),
      { bank: -4807, gateway_receivable: 4807 },
    ],
    ['chargeback opened', ledger.postChargebackOpened(4999), { disputed_captures: 4999, gateway_receivable: -4999 }],
    ['chargeback won', ledger.postChargebackWon(4999), { disputed_captures: -4999, gateway_receivable: 4999 }],
    [
      'chargeback lost',
      ledger.postChargebackLost(4999, 868, deferred),
      { disputed_captures: -4999, tax_payable: 868, deferred_revenue: 3973, chargeback_losses: 158 },
    ],
    [
      'chargeback lost of less than the unearned rest: what is left of it is forfeited',
      ledger.postChargebackLost(1000, 174, deferred),
      { disputed_captures: -1000, tax_payable: 174, deferred_revenue: 3973, forfeited_fees: -3147 },
    ],
    [
      'chargeback lost of what had been returned before',
      ledger.postChargebackLost(4999, 33, { account: 'deferred_revenue', restMinor: 0 }),
      { disputed_captures: -4999, tax_payable: 33, chargeback_losses: 4966 },
    ],
    [
      'chargeback lost of money nothing was served for',
      ledger.postChargebackLost(4999, 0, { account: 'refunds_payable', restMinor: 4999 }),
      { disputed_captures: -4999, refunds_payable: 4999 },
    ],
    [
      'refund that a lost chargeback has paid',
      ledger.postRefundCovered(4807),
      { refunds_payable: 4807, disputed_captures: -4807 },
    ],
    ['write-off of a loss', ledger.postWriteOff(5), { write_offs: 5, gateway_receivable: -5 }],
  ])('%s', (_, postings, expected) => {
    expect(Object.fromEntries(postings.map(({ account, amountMinor }) => [account, amountMinor]))).toEqual(expected);
    expect(sum(postings)).toBe(0);
  });

  test('every set sums to zero, whatever the amounts', () => {
    const minor = fc.integer({ min: 0, max: 1e12 });
    fc.assert(
      fc.property(minor, minor, minor, (gross, tax, restMinor) => {
        const fee = { account: 'deferred_add_ons', restMinor } as const;
        for (const set of [
          ledger.postCapture(gross, tax, 'deferred_revenue'),
          ledger.postRefundOwed(fee, { grossMinor: gross, taxMinor: tax }, 'add_on_revenue'),
          ledger.postChargebackLost(gross, tax, fee),
          ledger.postSettlement(gross - tax, restMinor),
        ]) {
          expect(sum(set)).toBe(0);
          expect(set.every(({ amountMinor }) => amountMinor !== 0)).toBe(true);
        }
      }),
    );
  });
});

test('what one company pays for another is owed between them', () => {
  const line = (entity: string, account: ledger.Account, amountMinor: number) => ({ entity, account, amountMinor });
  const lost = [
    line('A', 'disputed_captures', -4999),
    line('B', 'tax_payable', 868),
    line('B', 'deferred_revenue', 4131),
  ];
  expect(ledger.postBetween(lost)).toEqual([line('A', 'intercompany', 4999), line('B', 'intercompany', -4999)]);
  expect(ledger.postBetween([line('A', 'bank', 5), line('A', 'write_offs', -5)])).toEqual([]);
});

test('a membership with two companies is kept in one book of both', () => {
  const entities = [
    { name: 'A', rule: 'FMA 1.1(c)' },
    { name: 'B', rule: 'FMA 1.1(c)' },
  ];
  expect(ledger.bookOf(entities)).toBe('A and B');
});
