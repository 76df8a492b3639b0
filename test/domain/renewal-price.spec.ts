/** What a renewal costs: a rise only for those who were told in time, a fall for everybody. */
import { renewalPrice } from '../../src/domain/renewal-price.js';

const tellBy = new Date('2027-01-30T10:00:00.000Z');
const told = (
  amountMinor: number,
  offsetMs = 0,
  currency = 'EUR',
): { at: Date; amountMinor: number; currency: string } => ({
  at: new Date(tellBy.getTime() + offsetMs),
  amountMinor,
  currency,
});

type Told = ReturnType<typeof told>[];
const ROWS: [what: string, standing: number | null, published: number, told: Told, charged: number][] = [
  ['nothing changed, nothing told', 4999, 4999, [], 4999],
  ['a rise told at the last moment', 4999, 5999, [told(5999)], 5999],
  ['a rise told a millisecond late', 4999, 5999, [told(5999, 1)], 4999],
  ['a rise never told', 4999, 5999, [told(4999, -1)], 4999],
  ['a rise told, a second one too late', 4999, 6499, [told(5999), told(6499, 1)], 5999],
  ['a rise told higher than it came', 4999, 5499, [told(5999)], 5499],
  ['a fall never told', 4999, 4499, [], 4499],
  ['a rise told and taken back', 4999, 4999, [told(5999)], 4999],
  ['a rise told in another currency', 4999, 5999, [told(5999, 0, 'USD')], 4999],
  ['the fee after a trial', null, 5999, [], 5999],
];

it.each(ROWS)('%s: %s → %s', (_, standing, published, told, charged) => {
  const price = renewalPrice({
    published: { amountMinor: published, currency: 'EUR' },
    standing: standing === null ? null : { amountMinor: standing, currency: 'EUR' },
    told,
    tellBy,
  });
  expect(price).toEqual({ amountMinor: charged, currency: 'EUR' });
});

it('takes the published price where the market has changed its currency', () => {
  const published = { amountMinor: 6000, currency: 'EUR' };
  expect(renewalPrice({ published, standing: { amountMinor: 100, currency: 'HRK' }, told: [], tellBy })).toEqual(
    published,
  );
});
