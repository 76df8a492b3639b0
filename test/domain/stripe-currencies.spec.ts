/**
 * Every currency of Stripe's published lists (docs.stripe.com/currencies): what an amount of ISO minor units is called there,
 * and back. The lists are written down again here, so that the code is not compared with itself.
 */
import { fromStripe, NotCarried, refusesAmount, stepOf, toStripe } from '../../src/gateway/stripe/stripe-currencies.js';

const ZERO_DECIMAL = 'BIF CLP DJF GNF JPY KMF KRW PYG RWF VND VUV XAF XOF XPF'.split(' ');
const THREE_DECIMAL = 'BHD JOD KWD OMR TND'.split(' ');
const TWO_DECIMAL = (
  'USD AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BMD BND BOB BRL BSD BWP BYN BZD CAD CDF CHF CNY COP CRC CVE ' +
  'CZK DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR JMD KES KGS KHR KYD KZT LAK LBP ' +
  'LKR LRD LSL MAD MDL MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD ' +
  'RUB SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS TOP TRY TTD TWD TZS UAH UYU UZS WST XCD YER ZAR ZMW'
).split(' ');

const cases: [currency: string, minor: number, amount: number, step: number][] = [
  ...ZERO_DECIMAL.map((currency) => [currency, 4900, 4900, 1] as [string, number, number, number]),
  ...TWO_DECIMAL.map((currency) => [currency, 4999, 4999, 1] as [string, number, number, number]),
  ...THREE_DECIMAL.map((currency) => [currency, 15_000, 15_000, 10] as [string, number, number, number]),
  // Two decimals that are always 00, where ISO 4217 has none.
  ['ISK', 4900, 490_000, 1],
  ['UGX', 4900, 490_000, 1],
  // None, where ISO 4217 has two: otherwise charged a hundredfold.
  ['MGA', 490_000, 4900, 100],
];

it.each(cases)('%s: %i minor units are %i at Stripe, in steps of %i', (currency, amountMinor, amount, step) => {
  expect(toStripe({ amountMinor, currency })).toEqual({ amount, currency: currency.toLowerCase() });
  expect(fromStripe(amount, currency.toLowerCase())).toEqual({ amountMinor, currency });
  expect(stepOf(currency)).toBe(step);
  const dear = { amountMinor: 100 * amountMinor, currency };
  expect(refusesAmount(dear)).toBeNull();
});

it.each(['IQD', 'LYD', 'CLF', 'CUP', 'IRR', 'XAU', 'EURO'])('%s is not carried', (currency) => {
  expect(stepOf(currency)).toBe(0);
  expect(refusesAmount({ amountMinor: 1000, currency })).toBe(`the payment gateway does not carry ${currency}`);
  expect(() => toStripe({ amountMinor: 1000, currency })).toThrow(NotCarried);
});

it.each([
  [15_001, 'KWD', 'the payment gateway carries KWD in steps of KWD 0.010, so KWD 15.001 cannot be charged'],
  [490_050, 'MGA', 'the payment gateway carries MGA in steps of MGA 1.00, so MGA 4,900.50 cannot be charged'],
  [49, 'EUR', 'EUR 0.49 is less than the payment gateway charges: EUR 0.50 at least'],
  [49, 'JPY', 'JPY 49 is less than the payment gateway charges: JPY 50 at least'],
  [100_000_000, 'EUR', 'EUR 1,000,000.00 is more than the payment gateway charges: EUR 999,999.99 at most'],
  [50, 'EUR', null],
  [99_999_999, 'EUR', null],
])('%i %s: %s', (amountMinor, currency, why) => {
  expect(refusesAmount({ amountMinor, currency })).toBe(why);
});

it('says nothing of an amount of Stripe that is no whole number of minor units', () => {
  expect(fromStripe(490_050, 'isk')).toBeNull();
});
