/** The table of what a charge can do, every pair of it, and what each move keeps and forgets. */
import {
  canMoveCharge,
  CHARGE_MOVES,
  CHARGE_PROGRESS,
  moveCharge,
  NO_CHARGE,
  type ChargeFacts,
  type ChargeMove,
  type ChargeMoveName,
  type ChargeProgress,
} from '../../src/domain/charge-progress.js';

const failed = new Date('2026-03-31T10:00:00.000Z');
const later = new Date('2026-04-01T10:00:00.000Z');
const MOVES: Record<ChargeMoveName, ChargeMove> = {
  send: { name: 'send' },
  send_another: { name: 'send_another' },
  wait: { name: 'wait', secret: 'new', overdueSince: later },
  withdraw: { name: 'withdraw' },
  decline: { name: 'decline', firstFailedAt: later, retryAt: later },
  drop: { name: 'drop' },
  stop_retrying: { name: 'stop_retrying' },
  authenticate: { name: 'authenticate', secret: 'new' },
  close: { name: 'close' },
};
const facts = (chargeProgress: ChargeProgress): ChargeFacts => ({
  chargeProgress,
  authenticationSecret: 'old',
  firstFailedAt: failed,
  retryAt: failed,
});

/** `-`: not from there; else where it leads, and what becomes of secret, first failure and retry. */
const TABLE: Record<ChargeMoveName, Record<ChargeProgress, string>> = {
  send: {
    none: 'moving null failed null',
    moving: '-',
    waiting_for_member: 'moving null failed null',
    declined: 'moving null failed null',
  },
  send_another: {
    none: 'moving null failed null',
    moving: 'moving null failed null',
    waiting_for_member: '-',
    declined: '-',
  },
  wait: {
    none: 'waiting_for_member new later null',
    moving: 'waiting_for_member new later null',
    waiting_for_member: '-',
    declined: '-',
  },
  withdraw: { none: '-', moving: '-', waiting_for_member: 'moving null failed failed', declined: '-' },
  decline: {
    none: 'declined null later later',
    moving: 'declined null later later',
    waiting_for_member: 'declined null later later',
    declined: '-',
  },
  drop: {
    none: 'none null failed failed',
    moving: 'none null failed failed',
    waiting_for_member: 'none null failed failed',
    declined: '-',
  },
  stop_retrying: {
    none: '-',
    moving: '-',
    waiting_for_member: 'waiting_for_member old failed null',
    declined: 'declined old failed null',
  },
  authenticate: {
    none: 'none new failed failed',
    moving: 'moving new failed failed',
    waiting_for_member: '-',
    declined: 'declined new failed failed',
  },
  close: {
    none: 'none null null null',
    moving: 'none null null null',
    waiting_for_member: 'none null null null',
    declined: 'none null null null',
  },
};

const nameOf = (at: Date | null): string => (at === null ? 'null' : at === failed ? 'failed' : 'later');
const pairs = Object.entries(TABLE).flatMap(([name, row]) =>
  Object.entries(row).map(([from, told]) => [name as ChargeMoveName, from as ChargeProgress, told] as const),
);

it('has a row for every pair', () => {
  expect(pairs).toHaveLength(Object.keys(CHARGE_MOVES).length * CHARGE_PROGRESS.length);
});

it.each(pairs)('%s from %s: %s', (name, from, told) => {
  expect(canMoveCharge(name, from)).toBe(told !== '-');
  if (told === '-') {
    expect(() => moveCharge(facts(from), MOVES[name])).toThrow(`a charge that is ${from} cannot ${name}`);
    return;
  }
  const { chargeProgress, authenticationSecret, firstFailedAt, retryAt } = moveCharge(facts(from), MOVES[name]);
  const moved = [chargeProgress, authenticationSecret ?? 'null', nameOf(firstFailedAt), nameOf(retryAt)];
  expect(moved.join(' ')).toBe(told);
});

it('begins with no charge, and every progress can be reached from there', () => {
  const reached = new Set<ChargeProgress>([NO_CHARGE.chargeProgress]);
  for (const from of reached) {
    for (const { from: starts, to } of Object.values(CHARGE_MOVES)) {
      if (to !== null && starts.includes(from)) reached.add(to);
    }
  }
  expect([...reached].sort()).toEqual([...CHARGE_PROGRESS].sort());
});
