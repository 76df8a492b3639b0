/** Shares of an amount, against a reference that works with quotient and remainder; amounts in words. */
import currencies from 'currency-codes';
import fc from 'fast-check';
import { decimalsOf, formatMoney, shareOf } from '../../src/domain/money.js';

/** Half up: one more when twice the remainder reaches the divisor. */
function reference(amount: number, part: number, whole: number): number {
  const product = BigInt(amount) * BigInt(part);
  const quotient = product / BigInt(whole);
  const remainder = product % BigInt(whole);
  return Number(remainder * 2n >= BigInt(whole) ? quotient + 1n : quotient);
}

describe('shareOf', () => {
  it.each([
    [4999, 351, 365, 4807],
    [4999, 265, 365, 3629],
    [4999, 264, 365, 3616],
    [4999, 1, 365, 14],
    [4900, 100, 365, 1342],
    [15000, 100, 365, 4110],
    [1, 1, 2, 1],
    [1, 1, 3, 0],
    [1, 2, 3, 1],
    [5, 1, 2, 3],
    [3, 1, 2, 2],
    [0, 1, 365, 0],
    [4999, 0, 365, 0],
    [4999, 365, 365, 4999],
  ])('%i × %i / %i = %i', (amount, part, whole, expected) => {
    expect(shareOf(amount, part, whole)).toBe(expected);
  });

  it('stays exact where a floating product would not', () => {
    // 9007199254740991 × 364 / 365 = 8982521996508823.90
    expect(shareOf(Number.MAX_SAFE_INTEGER, 364, 365)).toBe(8_982_521_996_508_824);
    expect(shareOf(Number.MAX_SAFE_INTEGER, 1, 2)).toBe(4_503_599_627_370_496);
  });

  it('rounds half up, for every share', () => {
    const amount = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
    const whole = fc.integer({ min: 1, max: 10_000 });
    const share = fc.tuple(amount, whole).chain(([a, w]) => fc.tuple(fc.constant(a), fc.nat(w), fc.constant(w)));
    fc.assert(
      fc.property(share, ([a, part, w]) => {
        expect(shareOf(a, part, w)).toBe(reference(a, part, w));
      }),
    );
  });

  it.each([
    [-1, 1, 2],
    [1, -1, 2],
    [1, 1, 0],
    [1, 1, -2],
    [1.5, 1, 2],
    [1, 0.5, 2],
    [1, 1, 2.5],
    [Number.NaN, 1, 2],
    [Number.MAX_SAFE_INTEGER + 1, 1, 2],
    [1, Number.POSITIVE_INFINITY, 2],
  ])('refuses %d × %d / %d', (amount, part, whole) => {
    expect(() => shareOf(amount, part, whole)).toThrow(/^a share needs whole, non-negative numbers/);
  });
});

describe('formatMoney', () => {
  // Metals, drawing rights and codes for testing: nothing is priced in them.
  const NO_MONEY = /^X(?!AF|CD|CG|OF|PF)/;

  it('knows the decimals of every currency of ISO 4217', () => {
    const codes = currencies.codes().filter((code) => !NO_MONEY.test(code));
    expect(codes.length).toBeGreaterThan(150);
    const ours = codes.map((code) => [code, decimalsOf(code)]);
    expect(ours).toEqual(codes.map((code) => [code, currencies.code(code)?.digits]));
  });

  it.each([
    [4999, 'EUR', 'EUR 49.99'],
    [5, 'EUR', 'EUR 0.05'],
    [0, 'EUR', 'EUR 0.00'],
    [-5, 'EUR', 'EUR -0.05'],
    [123_456_789, 'EUR', 'EUR 1,234,567.89'],
    [4900, 'JPY', 'JPY 4,900'],
    [0, 'JPY', 'JPY 0'],
    [15_000, 'KWD', 'KWD 15.000'],
    [7, 'KWD', 'KWD 0.007'],
    [499_900, 'HUF', 'HUF 4,999.00'],
    [1_000_000_000_000, 'EUR', 'EUR 10,000,000,000.00'],
  ])('%i %s is %s', (amountMinor, currency, words) => {
    expect(formatMoney({ amountMinor, currency })).toBe(words);
  });
});
