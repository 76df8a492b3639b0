/**
 * Stripe's currencies (docs.stripe.com/currencies): which it carries, how its units differ from ISO 4217's minor units, in
 * which steps an amount can be asked, and how large it may be. `MGA` is charged in whole ariary, and `ISK` and `UGX` as if
 * they had two decimals: everywhere else in the service money is in ISO's minor units.
 */
import { decimalsOf, formatMoney, type Money } from '../../domain/money.js';

const CARRIED = new Set(
  `AED AFN ALL AMD ANG AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CLP CNY
   COP CRC CVE CZK DJF DKK DOP DZD EGP ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR ISK JMD
   JOD JPY KES KGS KHR KMF KRW KWD KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MUR MVR MWK MXN MYR MZN NAD NGN
   NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SEK SGD SHP SLE SOS SRD STD SZL THB TJS
   TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW`.split(/\s+/),
);

/** How many decimals Stripe's unit has where it is not what ISO 4217 says. */
const STRIPE_DECIMALS: Record<string, number> = { ISK: 2, UGX: 2, MGA: 0 };

/** Of three decimals the last must be zero, in refunds too. */
const THREE_DECIMALS_STEP = 10;

/** In Stripe's units: what one charge must reach. For the others it is a rate of exchange that decides. */
const LEAST: Record<string, number> = {
  ...{
    AED: 200,
    AUD: 50,
    BRL: 50,
    CAD: 50,
    CHF: 50,
    CZK: 1500,
    DKK: 250,
    EUR: 50,
    GBP: 30,
    HKD: 400,
    HUF: 17_500,
    INR: 50,
  },
  ...{
    JPY: 50,
    KRW: 50,
    MXN: 1000,
    MYR: 200,
    NOK: 300,
    NZD: 50,
    PLN: 200,
    RON: 200,
    SEK: 300,
    SGD: 50,
    THB: 1000,
    USD: 50,
  },
};

/** Up to eight digits (docs.stripe.com/api/payment_intents/create, `amount`). */
const MOST = 99_999_999;

/** Stripe's units per minor unit: 100 for ISK, 1/100 for MGA, 1 for nearly all. */
function powerOf(currency: string): number {
  return (STRIPE_DECIMALS[currency] ?? decimalsOf(currency)) - decimalsOf(currency);
}

/** Stripe has no such amount of the currency. */
export class NotCarried extends Error {}

/** ISK 4,900 → 490000 isk, MGA 4,900.00 → 4900 mga, EUR 49.99 → 4999 eur. Throws `NotCarried`. */
export function toStripe({ amountMinor, currency }: Money): { amount: number; currency: string } {
  const step = stepOf(currency);
  if (step === 0 || amountMinor % step !== 0) {
    throw new NotCarried(`Stripe cannot carry ${formatMoney({ amountMinor, currency })}`);
  }
  const power = powerOf(currency);
  const amount = power >= 0 ? amountMinor * 10 ** power : amountMinor / 10 ** -power;
  return { amount, currency: currency.toLowerCase() };
}

/** 490000 isk → ISK 4,900; null where what Stripe says is no whole number of minor units. */
export function fromStripe(amount: number, currency: string): Money | null {
  const code = currency.toUpperCase();
  const power = powerOf(code);
  const amountMinor = power >= 0 ? amount / 10 ** power : amount * 10 ** -power;
  return Number.isSafeInteger(amountMinor) ? { amountMinor, currency: code } : null;
}

/** The least step in minor units: 10 of three decimals, 100 for MGA, 1 for nearly all; 0 for what Stripe does not carry. */
export function stepOf(currency: string): number {
  if (!CARRIED.has(currency)) return 0;
  const power = powerOf(currency);
  if (power < 0) return 10 ** -power;
  return decimalsOf(currency) === 3 ? THREE_DECIMALS_STEP : 1;
}

/** Why Stripe would refuse to charge it, in words; null when it would not. */
export function refusesAmount(money: Money): string | null {
  const { amountMinor, currency } = money;
  const step = stepOf(currency);
  if (step === 0) return `the payment gateway does not carry ${currency}`;
  const words = formatMoney(money);
  if (amountMinor % step !== 0) {
    return `the payment gateway carries ${currency} in steps of ${formatMoney({ amountMinor: step, currency })}, so ${words} cannot be charged`;
  }
  const { amount } = toStripe(money);
  const least = LEAST[currency] ?? 1;
  if (amount < least) return `${words} is less than the payment gateway charges: ${wordsOf(least, currency)} at least`;
  if (amount > MOST) return `${words} is more than the payment gateway charges: ${wordsOf(MOST, currency)} at most`;
  return null;
}

function wordsOf(amount: number, currency: string): string {
  const money = fromStripe(amount, currency) ?? { amountMinor: 0, currency };
  return formatMoney(money);
}
