/**
 * With whom the member contracts (VIP 1.1, FMA 1.1), by country of residence at sign-up. A country named under VIP 1.1
 * in the configuration comes first; FMA 1.1 (e) beats (a) to (d); South Korea resolves to two companies.
 */
import type { ContractingEntity } from './subscription.js';

const RELEVANT_JURISDICTIONS = ['RU', 'AZ', 'AM', 'BY', 'GE', 'KZ', 'KG', 'MD', 'TM', 'TJ', 'UZ'];

const FMA_BY_COUNTRY: Record<string, ContractingEntity[]> = {
  CN: [{ name: 'Hangzhou Alibaba Advertising Co., Ltd', rule: 'FMA 1.1(a)' }],
  US: [{ name: 'AliExpress E-Commerce One Pte. Ltd.', rule: 'FMA 1.1(b)' }],
  KR: [
    { name: 'ALIEXPRESS KOREA HOLDING (SINGAPORE) PTE. LTD.', rule: 'FMA 1.1(c)' },
    { name: 'AliExpress Korea Limited', rule: 'FMA 1.1(c)' },
  ],
};

const FMA_RELEVANT = [{ name: 'AliExpress CIS Holding Pte. Ltd.', rule: 'FMA 1.1(e)' }];
const FMA_ELSEWHERE = [{ name: 'Alibaba.com Singapore E-Commerce Private Limited', rule: 'FMA 1.1(d)' }];

/** `vipEntities`: company by country, as configured under VIP 1.1. */
export function resolveContractingEntities(
  residenceCountry: string,
  vipEntities: Readonly<Record<string, string>>,
): ContractingEntity[] {
  const configured = vipEntities[residenceCountry];
  if (configured !== undefined) return [{ name: configured, rule: 'VIP 1.1' }];
  if (RELEVANT_JURISDICTIONS.includes(residenceCountry)) return FMA_RELEVANT;
  return FMA_BY_COUNTRY[residenceCountry] ?? FMA_ELSEWHERE;
}

/** Every company that FMA 1.1 names. */
export const FMA_ENTITIES: readonly string[] = [
  ...Object.values(FMA_BY_COUNTRY).flat(),
  ...FMA_RELEVANT,
  ...FMA_ELSEWHERE,
].map(({ name }) => name);
