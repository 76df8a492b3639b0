/** Value-added services: what may be accepted or refused in which state, in order, and what captured money is for. */
import {
  addOnReference,
  checkAcceptance,
  checkRefusal,
  settleAddOnCapture,
  type AddOnStatus,
} from '../../src/domain/add-on.js';
import { Refusal } from '../../src/domain/refusal.js';

const price = { amountMinor: 990, currency: 'EUR' };
const member = { entitled: true, reason: 'member', clause: '4.1' } as const;
const ended = { entitled: false, reason: 'ended', clause: '5.1' } as const;
const STATUSES: AddOnStatus[] = ['offered', 'pending', 'accepted', 'refused'];

function answer(ask: () => void): string {
  try {
    ask();
    return 'allowed';
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return `${error.code} ${error.clause}`;
  }
}

it.each([
  ['offered', 'allowed', 'price_changed 3.1.3'],
  ['refused', 'allowed', 'price_changed 3.1.3'],
  ['pending', 'payment_in_progress 3.1.3', 'payment_in_progress 3.1.3'],
  ['accepted', 'not_allowed_in_state 3.1.3', 'not_allowed_in_state 3.1.3'],
] as const)('accepting one that is %s: %s; shown another price: %s', (status, right, wrong) => {
  expect(answer(() => checkAcceptance(status, member, price, { ...price }))).toBe(right);
  for (const shown of [
    { ...price, amountMinor: 989 },
    { ...price, currency: 'USD' },
  ]) {
    expect(answer(() => checkAcceptance(status, member, price, shown))).toBe(wrong);
    expect(answer(() => checkAcceptance(status, ended, price, shown))).toBe('not_entitled 5.1');
  }
});

it.each([
  ['offered', 'allowed'],
  ['refused', 'allowed'],
  ['pending', 'payment_in_progress 3.1.3'],
  ['accepted', 'allowed'],
] as const)('refusing one that is %s: %s', (status, right) => {
  expect(answer(() => checkRefusal({ status, firstUsedAt: null }))).toBe(right);
});

it('refuses no more what was used', () => {
  const used = { status: 'accepted', firstUsedAt: new Date('2026-03-01T10:00:00.000Z') } as const;
  expect(answer(() => checkRefusal(used))).toBe('not_allowed_in_state 3.1.3');
});

it('keeps captured money only for the acceptance that waits for it', () => {
  for (const status of STATUSES) {
    const waits = status === 'pending' || status === 'offered';
    expect(settleAddOnCapture({ status, chargeId: 'c1' }, 'c1', true)).toBe(waits ? 'apply' : 'give_back');
    expect(settleAddOnCapture({ status, chargeId: 'c2' }, 'c1', true)).toBe('give_back');
    expect(settleAddOnCapture({ status, chargeId: 'c1' }, 'c1', false)).toBe('give_back');
  }
});

it('names each acceptance for the gateway', () => {
  expect(addOnReference('s1', 'gift_wrapping', 2)).toBe('charge_s1_add_on_gift_wrapping_2');
});
