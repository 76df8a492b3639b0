/** Which benefits are on and which use is refused, in the order of precedence, to the millisecond of a validity. */
import { benefitsOn, checkBenefitUse, type BenefitFacts } from '../../src/domain/benefit.js';
import type { Entitlement } from '../../src/domain/entitlement.js';
import { Refusal } from '../../src/domain/refusal.js';

const startsAt = new Date('2026-03-01T10:00:00.000Z');
const yes: Entitlement = { entitled: true, reason: 'member', clause: '4.1', until: null };
const grace: Entitlement = { entitled: true, reason: 'grace', clause: '5.1', until: null };
const ended: Entitlement = { entitled: false, reason: 'ended', clause: '5.1', until: null };
const suspended: Entitlement = { entitled: false, reason: 'suspended', clause: '5.2', until: null };
const catalogue = [
  { code: 'cashback', kind: 'cashback', description: 'Cashback' },
  { code: 'coupon', kind: 'coupon', description: 'Coupons', validDays: 90 },
];
const LAST = '2026-05-30T09:59:59.999Z';
const OVER = '2026-05-30T10:00:00.000Z';

function facts(entitlement: Entitlement, at: string, frozen: string[] = []): BenefitFacts {
  return { entitlement, term: { startsAt }, catalogue, frozen: new Set(frozen), at: new Date(at) };
}

function codes(given: BenefitFacts): string {
  return benefitsOn(given)
    .map(({ code }) => code)
    .join(' ');
}

function refusal(code: string, given: BenefitFacts): string {
  try {
    checkBenefitUse(code, given);
    return 'allowed';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return `${error.code} ${error.clause}`;
  }
}

it.each<[Entitlement, string, string[], string]>([
  [yes, startsAt.toISOString(), [], 'cashback coupon'],
  [yes, LAST, [], 'cashback coupon'],
  [yes, OVER, [], 'cashback'],
  [grace, OVER, [], 'cashback'],
  [yes, LAST, ['cashback'], 'coupon'],
  [yes, OVER, ['cashback'], ''],
  [yes, LAST, ['something_else'], 'cashback coupon'],
  [ended, LAST, [], ''],
  [suspended, LAST, [], ''],
])('%j at %s with %j frozen: %s', (entitlement, at, frozen, on) => {
  expect(codes(facts(entitlement, at, frozen))).toBe(on);
});

it.each<[string, Entitlement, string, string[], string]>([
  ['coupon', yes, LAST, [], 'allowed'],
  ['cashback', grace, OVER, [], 'allowed'],
  ['coupon', yes, LAST, ['cashback'], 'allowed'],
  ['lounge', ended, OVER, ['lounge'], 'not_entitled 5.1'],
  ['coupon', suspended, OVER, ['coupon'], 'not_entitled 5.2'],
  ['lounge', yes, OVER, ['lounge'], 'not_entitled 4.1'],
  ['coupon', yes, OVER, ['coupon'], 'not_entitled 4.2'],
  ['coupon', yes, LAST, ['coupon'], 'not_entitled 4.5'],
])('a use of %s under %j at %s with %j frozen: %s', (code, entitlement, at, frozen, answer) => {
  expect(refusal(code, facts(entitlement, at, frozen))).toBe(answer);
});

it('grants nothing before a term ever began', () => {
  expect(codes({ ...facts(yes, LAST), term: null })).toBe('');
});

it('allows exactly what it shows as on', () => {
  for (const entitlement of [yes, grace, ended, suspended]) {
    for (const at of [startsAt.toISOString(), LAST, OVER]) {
      for (const frozen of [[], ['coupon'], ['cashback'], ['coupon', 'cashback']]) {
        const given = facts(entitlement, at, frozen);
        const allowed = catalogue.filter(({ code }) => refusal(code, given) === 'allowed').map(({ code }) => code);
        expect(allowed.join(' ')).toBe(codes(given));
      }
    }
  }
});
