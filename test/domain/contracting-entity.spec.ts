/** With whom a member contracts, for every country of residence the agreement names (VIP 1.1, FMA 1.1). */
import fc from 'fast-check';
import { resolveContractingEntities } from '../../src/domain/contracting-entity.js';

const SINGAPORE = 'Alibaba.com Singapore E-Commerce Private Limited';
const CIS = 'AliExpress CIS Holding Pte. Ltd.';
const KOREA = ['ALIEXPRESS KOREA HOLDING (SINGAPORE) PTE. LTD.', 'AliExpress Korea Limited'];

const ROWS: [country: string, names: string[], rule: string][] = [
  ['CN', ['Hangzhou Alibaba Advertising Co., Ltd'], 'FMA 1.1(a)'],
  ['US', ['AliExpress E-Commerce One Pte. Ltd.'], 'FMA 1.1(b)'],
  ['KR', KOREA, 'FMA 1.1(c)'],
  ['RU', [CIS], 'FMA 1.1(e)'],
  ['AZ', [CIS], 'FMA 1.1(e)'],
  ['AM', [CIS], 'FMA 1.1(e)'],
  ['BY', [CIS], 'FMA 1.1(e)'],
  ['GE', [CIS], 'FMA 1.1(e)'],
  ['KZ', [CIS], 'FMA 1.1(e)'],
  ['KG', [CIS], 'FMA 1.1(e)'],
  ['MD', [CIS], 'FMA 1.1(e)'],
  ['TM', [CIS], 'FMA 1.1(e)'],
  ['TJ', [CIS], 'FMA 1.1(e)'],
  ['UZ', [CIS], 'FMA 1.1(e)'],
  ['ES', [SINGAPORE], 'FMA 1.1(d)'],
  ['GB', [SINGAPORE], 'FMA 1.1(d)'],
  ['JP', [SINGAPORE], 'FMA 1.1(d)'],
  ['SG', [SINGAPORE], 'FMA 1.1(d)'],
  ['UA', [SINGAPORE], 'FMA 1.1(d)'],
  // Not mainland China.
  ['HK', [SINGAPORE], 'FMA 1.1(d)'],
  ['MO', [SINGAPORE], 'FMA 1.1(d)'],
  ['TW', [SINGAPORE], 'FMA 1.1(d)'],
  // Not South Korea.
  ['KP', [SINGAPORE], 'FMA 1.1(d)'],
];

it.each(ROWS)('%s: %j by %s', (country, names, rule) => {
  expect(resolveContractingEntities(country, {})).toEqual(names.map((name) => ({ name, rule })));
});

it.each(ROWS)('%s, named under VIP 1.1, is no longer %j', (country) => {
  expect(resolveContractingEntities(country, { [country]: 'VIP Ltd', XX: 'Other Ltd' })).toEqual([
    { name: 'VIP Ltd', rule: 'VIP 1.1' },
  ]);
});

it.each(ROWS)('%s is not touched by what is named for others: %j', (country, names, rule) => {
  expect(resolveContractingEntities(country, { XX: 'Other Ltd' })).toEqual(names.map((name) => ({ name, rule })));
});

it('knows a company for every country', () => {
  const letter = fc.constantFrom(...'ABCDEFGHIJKLMNOPQRSTUVWXYZ');
  fc.assert(
    fc.property(letter, letter, (one, other) => {
      const country = `${one}${other}`;
      const named = ROWS.find(([code]) => code === country);
      const expected = named ?? [country, [SINGAPORE], 'FMA 1.1(d)'];
      expect(resolveContractingEntities(country, {}).map(({ name }) => name)).toEqual(expected[1]);
    }),
    { numRuns: 1000 },
  );
});
