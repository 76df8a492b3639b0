/** Who may join, and who may have a trial. */
import { STANDINGS, decideEligibility, decideTrialAvailability } from '../../src/domain/eligibility.js';

it.each([
  ['good', true, null],
  ['integrity_violation', false, 'integrity_violation'],
  ['malicious', false, 'malicious'],
  [null, false, 'unknown_user'],
] as const)('a user in standing %s: eligible %s, %s', (standing, eligible, reason) => {
  expect(decideEligibility(standing)).toEqual({ eligible, reason, clause: '3.1.1' });
});

it('knows no other standing', () => {
  expect(STANDINGS).toEqual(['good', 'integrity_violation', 'malicious']);
});

it.each([
  [false, true, null],
  [true, false, 'not_new'],
] as const)('was a member before %s: a trial is available %s, %s', (wasMember, available, reason) => {
  expect(decideTrialAvailability(wasMember)).toEqual({ available, reason });
});
