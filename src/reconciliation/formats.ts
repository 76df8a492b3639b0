/** Which format the file of each gateway has. A new gateway is one format file and one line here. */
import { ADYEN_FORMAT } from './adyen-format.js';
import type { SettlementFormat } from './settlement-format.js';
import { STRIPE_FORMAT } from './stripe-format.js';

export const FILE_FORMATS = { stripe: STRIPE_FORMAT, adyen: ADYEN_FORMAT } as const satisfies Record<
  string,
  SettlementFormat
>;

export type Gateway = keyof typeof FILE_FORMATS;
export const GATEWAYS = Object.keys(FILE_FORMATS) as Gateway[];
