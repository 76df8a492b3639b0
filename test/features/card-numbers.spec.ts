/** What looks like a payment card's number and what does not: ids of any system are never taken for one. */
import { randomUUID } from 'node:crypto';
import { holdsCardNumber, isCardNumber } from '../../src/platform/http/card-numbers.js';

it.each([
  '4242424242424242',
  '1234567812345670',
  '4242 4242 4242 4242',
  '4242-4242 4242-4242',
  '3782 822463 10005',
  'paid with 378282246310005, he says',
  '7 4242424242424242 9',
  `${randomUUID()} 4242424242424242`,
])('%s holds one', (text) => {
  expect(holdsCardNumber(text)).toBe(true);
});

it.each([
  '4242424242424241',
  // Digits in other groups than cards have, though together they pass.
  'order-2026-03-01-000129',
  'order-2026-03-01-000127',
  'order 2026-11-26',
  // UUIDs whose digits pass the check by chance, in any letter case and inside any text.
  '945d8775-3f4c-4482-8982-7256404a184d',
  'u-945d8775-3f4c-4482-8982-7256404a184d',
  'U-94342178-1853-4601-A8D5-219516D9B250',
  '/v1/users/shop:cf350149-9326-449d-955a-2e658cc50ea3/standing',
])('%s holds none', (text) => {
  expect(holdsCardNumber(text)).toBe(false);
});

it('never takes a random UUID for one', () => {
  for (let made = 0; made < 20_000; made += 1) {
    const id = `u-${randomUUID()}`;
    expect([id, holdsCardNumber(id)]).toEqual([id, false]);
  }
});

it.each([
  ['4242424242424242', true],
  ['4242 4242 4242 4242', true],
  ['2223003122003222', true],
  ['txn_4242424242424242', false],
  // A gateway's reference of sixteen digits: no issuer's begin so.
  ['8816000000000007', false],
  ['pi_3a4242424242424242b7', false],
])('an id is one when all of it is: %s → %s', (id, is) => {
  expect(isCardNumber(id)).toBe(is);
});
