/** Who takes over from whom: one transfer on a list of companies, and all of them on a sign-up at an instant. */
import { contractingEntitiesAt, transferEntities, type EntityTransfer } from '../../src/domain/entity-transfer.js';
import { FMA_ENTITIES, resolveContractingEntities } from '../../src/domain/contracting-entity.js';

const SINGAPORE = 'Alibaba.com Singapore E-Commerce Private Limited';
const KOREA = ['ALIEXPRESS KOREA HOLDING (SINGAPORE) PTE. LTD.', 'AliExpress Korea Limited'] as const;
const RULE = 'VIP 1.1, 8.3';
const at = (ms: number): Date => new Date(Date.parse('2026-03-01T10:00:00.000Z') + ms);

const transfer = (from: string, to: string, ms: number, country: string | null = null): EntityTransfer => ({
  from,
  to,
  country,
  effectiveAt: at(ms),
});

it.each([
  [['A'], 'A', 'B', [`B by ${RULE}`]],
  [['A'], 'X', 'B', ['A by old']],
  [['A', 'C'], 'A', 'B', [`B by ${RULE}`, 'C by old']],
  [['A', 'C'], 'C', 'A', ['A by old']],
  [['A', 'C'], 'A', 'C', [`C by ${RULE}`]],
])('%j, from %s to %s: %j', (names, from, to, then) => {
  const entities = names.map((name) => ({ name, rule: 'old' }));
  expect(transferEntities(entities, { from, to }).map(({ name, rule }) => `${name} by ${rule}`)).toEqual(then);
  expect(entities.map(({ name }) => name)).toEqual(names);
});

const ROWS: [what: string, country: string, transfers: EntityTransfer[], ms: number, names: string[]][] = [
  ['a moment before', 'ES', [transfer(SINGAPORE, 'B', 0)], -1, [SINGAPORE]],
  ['at the instant', 'ES', [transfer(SINGAPORE, 'B', 0)], 0, ['B']],
  ['of another country', 'ES', [transfer(SINGAPORE, 'B', 0, 'FR')], 1, [SINGAPORE]],
  ['of this country', 'ES', [transfer(SINGAPORE, 'B', 0, 'ES')], 1, ['B']],
  ['on and on', 'ES', [transfer(SINGAPORE, 'B', 0), transfer('B', 'C', 1)], 1, ['C']],
  ['not yet on', 'ES', [transfer(SINGAPORE, 'B', 0), transfer('B', 'C', 2)], 1, ['B']],
  ['there and back', 'ES', [transfer(SINGAPORE, 'B', 0), transfer('B', SINGAPORE, 1)], 1, [SINGAPORE]],
  ['too early for who comes later', 'ES', [transfer('B', 'C', 0), transfer(SINGAPORE, 'B', 1)], 1, ['B']],
  ['one of two', 'KR', [transfer(KOREA[1], 'B', 0)], 0, [KOREA[0], 'B']],
  ['two into one', 'KR', [transfer(KOREA[0], 'B', 0), transfer(KOREA[1], 'B', 0)], 0, ['B']],
  ['from the configured', 'PT', [transfer('Configured', 'B', 0)], 0, ['B']],
];

it.each(ROWS)('%s, %s', (_, country, transfers, ms, names) => {
  const entities = contractingEntitiesAt(country, { PT: 'Configured' }, transfers, at(ms));
  expect(entities.map(({ name }) => name)).toEqual(names);
});

it('without transfers is the resolution itself, and every company of it is known', () => {
  for (const country of ['ES', 'KR', 'CN', 'US', 'KZ']) {
    const resolved = resolveContractingEntities(country, {});
    expect(contractingEntitiesAt(country, {}, [], at(0))).toEqual(resolved);
    for (const { name } of resolved) expect(FMA_ENTITIES).toContain(name);
  }
  expect(FMA_ENTITIES).toHaveLength(6);
});
