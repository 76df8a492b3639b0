/** Holds `docs/LIFECYCLE.md` equal to the law: its states, its table of moves, its diagram and what is due. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { nextDue } from '../../src/domain/due.js';
import { MOVES, type Move } from '../../src/domain/moves.js';
import { SUBSCRIPTION_STATUSES, isLive, type Term } from '../../src/domain/subscription.js';
import { CHARGE_MOVES, CHARGE_PROGRESS } from '../../src/domain/charge-progress.js';

const page = readFileSync(path.resolve(__dirname, '../../docs/LIFECYCLE.md'), 'utf8');

/** The cells of the table below a heading, without its two head lines. */
function tableUnder(heading: string): string[][] {
  const section = page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  return lines.slice(2).map((line) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

const moves: [string, Move][] = Object.entries(MOVES);
const code = (words: readonly string[]): string => words.map((word) => `\`${word}\``).join(', ');

it('names every state, and which are final', () => {
  const told = tableUnder('States').map(([state, , final]) => [state, final]);
  expect(told).toEqual(SUBSCRIPTION_STATUSES.map((status) => [`\`${status}\``, isLive(status) ? 'no' : 'yes']));
});

it('has every move with from, to, actors and clause, in the order of the code', () => {
  const told = tableUnder('Moves').map((cells) => cells.slice(0, 5));
  expect(told).toEqual(
    moves.map(([name, { from, to, actors, clause }]) => [
      `\`${name}\``,
      code(from),
      to === null ? 'stays' : `\`${to}\``,
      actors.join(', '),
      clause,
    ]),
  );
});

it('says one sentence about each move', () => {
  for (const [name, , , , , sentence] of tableUnder('Moves')) {
    expect([name, sentence]).toEqual([name, expect.stringMatching(/^[A-Z][^.]{20,}\.$/)]);
  }
});

it('draws every change of state once, and no other', () => {
  const arrows = [...page.matchAll(/^ +(\w+) --> (\w+): (\w+)$/gm)].map(
    ([, from, to, move]) => `${from} ${move} ${to}`,
  );
  const changes = moves.flatMap(([name, { from, to }]) =>
    to === null ? [] : from.map((one) => `${one} ${name} ${to}`),
  );
  expect(arrows.sort()).toEqual(changes.sort());
  const ends = [...page.matchAll(/^ +(\w+) --> \[\*\]$/gm)].map(([, state]) => state);
  expect(ends).toEqual(SUBSCRIPTION_STATUSES.filter((status) => !isLive(status)));
});

it('has every move of a charge with from and to, in the order of the code', () => {
  const told = tableUnder('What a charge is doing').map((cells) => cells.slice(0, 3));
  expect(told).toEqual(
    Object.entries(CHARGE_MOVES).map(([name, { from, to }]) => [
      `\`${name}\``,
      from.length === CHARGE_PROGRESS.length ? 'any' : code(from),
      to === null ? 'stays' : `\`${to}\``,
    ]),
  );
});

it('tells of the same states and charges as the law, what is due', () => {
  const at = new Date('2026-03-31T10:00:00.000Z');
  const due = new Set<string>();
  for (const status of SUBSCRIPTION_STATUSES) {
    const term = { kind: status === 'trialing' ? 'trial' : 'paid', startsAt: at, endsAt: at } as Term;
    for (const chargeProgress of CHARGE_PROGRESS) {
      const facts = { status, autoRenewal: true, createdAt: at, firstFailedAt: at, chargeProgress, suspendedAt: null };
      for (const retryAt of [null, at]) {
        for (const now of [at, new Date(at.getTime() - 1)]) {
          const { move } = nextDue({ ...facts, retryAt }, term, now, { dunningDays: 7 });
          if (move !== null) due.add(`\`${move}\` \`${status}\``);
        }
      }
    }
  }
  const told = tableUnder('What is due when').map(([move, state]) => `${move} ${state}`);
  expect(told.filter((line) => !line.startsWith('nothing')).sort()).toEqual([...due].sort());
});
