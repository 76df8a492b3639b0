/**
 * Money as an integer number of minor units with its ISO 4217 currency (rules 1). Fractions never exist between two
 * lines of code: a share is taken in one step and rounded half up, once, at the end.
 */
export interface Money {
  amountMinor: number;
  currency: string;
}

/**
 * `amountMinor × part / whole`, rounded half up to the minor unit.
 * 4999 × 351 / 365 = 4807.26 → 4807
 */
export function shareOf(amountMinor: number, part: number, whole: number): number {
  if (![amountMinor, part, whole].every(Number.isSafeInteger) || amountMinor < 0 || part < 0 || whole <= 0) {
    throw new RangeError(`a share needs whole, non-negative numbers, got ${amountMinor} × ${part} / ${whole}`);
  }
  const doubled = 2n * BigInt(amountMinor) * BigInt(part) + BigInt(whole);
  return Number(doubled / (2n * BigInt(whole)));
}

/** The next multiple of a step, or the amount itself where it is one: 4151 in steps of 10 → 4160. */
export function upToStep(amountMinor: number, stepMinor: number): number {
  return Math.ceil(amountMinor / stepMinor) * stepMinor;
}

/** ISO 4217: how many decimals a currency has where it has not two. */
const DECIMALS: Record<number, string> = {
  0: 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF',
  3: 'BHD IQD JOD KWD LYD OMR TND',
  4: 'CLF UYW',
};

export function decimalsOf(currency: string): number {
  const [unusual] = Object.entries(DECIMALS).find(([, currencies]) => currencies.split(' ').includes(currency)) ?? [];
  return Number(unusual ?? 2);
}

/** 4999 EUR → "EUR 49.99", 4900 JPY → "JPY 4,900", 15000 KWD → "KWD 15.000" */
export function formatMoney({ amountMinor, currency }: Money): string {
  const decimals = decimalsOf(currency);
  const digits = String(Math.abs(amountMinor)).padStart(decimals + 1, '0');
  const whole = digits.slice(0, digits.length - decimals).replaceAll(/\B(?=(\d{3})+$)/g, ',');
  const fraction = decimals === 0 ? '' : `.${digits.slice(-decimals)}`;
  return `${currency} ${amountMinor < 0 ? '-' : ''}${whole}${fraction}`;
}
