/**
 * Decides which amounts a payment may have, as Stripe publishes it: whole units of a currency it carries, in its steps, not
 * below its minimum and of at most eight digits. Never converts: what is asked is in Stripe's units already.
 */
import currencyCodes from 'currency-codes';
import { invalidRequest } from './stripe-errors.js';

/** Where Stripe's unit has other decimals than ISO 4217 says. */
const STRIPE_DECIMALS: Record<string, number> = { ISK: 2, UGX: 2, MGA: 0 };

/** In ISO 4217, and not at Stripe. */
const NOT_CARRIED = new Set(
  `BOV CHE CHW CLF COU CUP ERN IQD IRR KPW LYD MRU MXV SDG SSP STN SVC SYP TMT USN UYI UYW VED VES XAG XAU XBA XBB XBC XBD
   XDR XPD XPT XSU XTS XUA XXX ZWL`.split(/\s+/),
);

const LEAST: Record<string, number> = {
  ...{ AED: 200, AUD: 50, BRL: 50, CAD: 50, CHF: 50, CZK: 1500, DKK: 250, EUR: 50, GBP: 30, HKD: 400, HUF: 17_500 },
  ...{ INR: 50, JPY: 50, KRW: 50, MXN: 1000, MYR: 200, NOK: 300, NZD: 50, PLN: 200, RON: 200, SEK: 300, SGD: 50 },
  ...{ THB: 1000, USD: 50 },
};

const MOST = 99_999_999;

export function isCurrency(lowerCase: string): boolean {
  const code = lowerCase.toUpperCase();
  return /^[a-z]{3}$/.test(lowerCase) && currencyCodes.code(code) !== undefined && !NOT_CARRIED.has(code);
}

/** Decimals of Stripe's unit. */
export function unitDigits(currency: string): number {
  const code = currency.toUpperCase();
  return STRIPE_DECIMALS[code] ?? currencyCodes.code(code)?.digits ?? 2;
}

/** Stripe's units in ISO 4217's minor units: `490000 isk → 4900`, `4900 mga → 490000`. */
export function isoMinor(amount: number, currency: string): number {
  const digits = currencyCodes.code(currency.toUpperCase())?.digits ?? 2;
  return amount * 10 ** (digits - unitDigits(currency));
}

export function requireChargeable(amount: number, currency: string): void {
  const code = currency.toUpperCase();
  requireStep(amount, currency);
  if (amount < (LEAST[code] ?? 1)) {
    const message = `Amount must be at least ${LEAST[code] ?? 1} ${currency}`;
    throw invalidRequest(message, { code: 'amount_too_small', param: 'amount' });
  }
  if (amount > MOST) {
    throw invalidRequest(`Amount must be no more than ${MOST} ${currency}`, {
      code: 'amount_too_large',
      param: 'amount',
    });
  }
}

/** Of three decimals the last is zero; those of ISK and UGX are always 00. A refund keeps to it as well. */
export function requireStep(amount: number, currency: string): void {
  const code = currency.toUpperCase();
  const step = ['ISK', 'UGX'].includes(code) ? 100 : unitDigits(currency) === 3 ? 10 : 1;
  if (amount % step === 0) return;
  throw invalidRequest(`Invalid amount: ${amount} ${currency} must be a multiple of ${step}`, { param: 'amount' });
}
