/**
 * How a gross amount is split into net and tax (rules 12). The net part is rounded half up and the tax is the remainder,
 * so the two always sum to what was paid; a refund gives back the tax of everything returned so far less what it gave
 * back before, so a full return gives back all of it.
 */
import { shareOf } from './money.js';

const WHOLE = 10_000;

/**
 * Minor units of tax inside a gross amount; 2100 basis points = 21 %.
 * 4999 at 21 %: net 4999 × 10000 / 12100 = 4131.4 → 4131, tax 868
 */
export function taxWithin(grossMinor: number, basisPoints: number): number {
  return grossMinor - shareOf(grossMinor, WHOLE, WHOLE + basisPoints);
}

/**
 * Minor units of tax that go back with a refund of `refundMinor`, after `returnedMinor` had gone back.
 * 868 in 4999: a refund of 4807 gives back 834.66 → 835, the last 192 then 33
 */
export function taxOfRefund(
  paid: { grossMinor: number; taxMinor: number },
  returnedMinor: number,
  refundMinor: number,
): number {
  const taxReturned = (minor: number): number => shareOf(paid.taxMinor, minor, paid.grossMinor);
  return taxReturned(returnedMinor + refundMinor) - taxReturned(returnedMinor);
}
