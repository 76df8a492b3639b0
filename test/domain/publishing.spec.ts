/** When what operations publishes may take effect, to the millisecond; and which trial offer applies. */
import { judgePublishing } from '../../src/domain/publishing.js';
import { chooseTrialOffer, type TrialOffer } from '../../src/domain/trial-offer.js';

const now = new Date('2026-03-01T10:00:00.000Z');
const at = (ms: number): Date => new Date(now.getTime() + ms);

describe('judgePublishing', () => {
  it.each([
    [-1, null, [], 'in_the_past'],
    [0, null, [], null],
    [1, null, [], null],
    [0, null, [0], 'instant_taken'],
    [1, null, [0, 2], null],
    [1000, 1000, [], null],
    [999, 1000, [], 'notice_too_short'],
    [0, 0, [], null],
    // What is owed to members is said before what can never be, and that before what is taken.
    [-1, 1000, [-1], 'notice_too_short'],
    [-1, -1000, [-1], 'in_the_past'],
    [999, 1000, [999], 'notice_too_short'],
    [1000, 1000, [1000], 'instant_taken'],
  ] as const)('from %i ms, notice until %s, taken %j: %s', (from, notice, taken, fault) => {
    const noticeUntil = notice === null ? null : at(notice);
    expect(judgePublishing({ now, effectiveFrom: at(from), taken: taken.map(at), noticeUntil })).toBe(fault);
  });
});

describe('chooseTrialOffer', () => {
  const offer = (id: string, named: boolean, from = 0, until = 10): TrialOffer => ({
    id,
    days: 7,
    startsAt: at(from),
    endsAt: at(until),
    named,
  });

  it.each([
    [[], 0, undefined],
    [[offer('a', false)], -1, undefined],
    [[offer('a', false)], 0, 'a'],
    [[offer('a', false)], 9, 'a'],
    [[offer('a', false)], 10, undefined],
    [[offer('a', false), offer('b', false)], 5, 'b'],
    [[offer('a', true), offer('b', false)], 5, 'a'],
    [[offer('a', true), offer('b', true), offer('c', false)], 5, 'b'],
    [[offer('a', true, 0, 5), offer('b', false)], 5, 'b'],
  ] as const)('of %j at %i ms: %s', (offers, ms, id) => {
    expect(chooseTrialOffer(offers, at(ms))?.id).toBe(id);
  });
});
