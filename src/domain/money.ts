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
