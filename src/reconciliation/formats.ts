/** Which format the file of each gateway has. A new one is one file, its name here, and its name in the database. */
import { ADYEN_FORMAT } from './adyen-format.js';
import type { SettlementFormat } from './settlement-format.js';
import { STRIPE_FORMAT } from './stripe-format.js';

export const FILE_FORMATS = { stripe: STRIPE_FORMAT, adyen: ADYEN_FORMAT } as const satisfies Record<
  string,
  SettlementFormat
>;

export type Gateway = keyof typeof FILE_FORMATS;
export const GATEWAYS = Object.keys(FILE_FORMATS) as Gateway[];
