/** Prints the demo: each life as a table, then both records side by side. */
import type { Life } from './lives.js';
import type { Amount, Line, Movement } from './storefront.js';

/** Our line of the timeline, and where money moved, what the gateway has of it. */
export function showLife({ user, country, story }: Life, lines: Line[], movements: Movement[]): void {
  console.log(`\n${user} (${country}) ${story}`);
  for (const { at, event, clause, explanation, data } of lines) {
    const movement = movements.find(({ reference }) => {
      const ours =
        event === 'charge.succeeded' ? data.reference : event === 'refund.succeeded' ? data.refundId : undefined;
      return ours !== undefined && reference.includes(ours);
    });
    const theirs = movement ? `  | gateway: ${movement.type} ${movement.amount} ${movement.currency}` : '';
    const when = at.slice(0, 19).replace('T', ' ');
    console.log(`  ${when}  ${event.padEnd(33)} ${(clause ?? '').padEnd(6)} ${explanation}${theirs}`);
  }
}

/** Returns whether the two agree to the minor unit. */
export function showBooks(ours: Amount[], theirs: Amount[]): boolean {
  console.log('\nminor units        ours, count    total    gateway, count    total');
  const kinds = [...new Set([...ours, ...theirs].map((one) => `${one.type} ${one.currency}`))].sort();
  const rows = kinds.map((kind) => ({ kind, ours: sumOf(kind, ours), theirs: sumOf(kind, theirs) }));
  for (const { kind, ours: own, theirs: other } of rows) {
    const cells = [own.count, own.total, other.count, other.total].map((cell) => String(cell).padStart(9));
    console.log(`  ${kind.padEnd(16)} ${cells.join('   ')}`);
  }
  const equal = rows.every(({ ours: own, theirs: other }) => own.count === other.count && own.total === other.total);
  console.log(equal ? 'Our books and the gateway agree to the cent.' : 'OUR BOOKS AND THE GATEWAY DISAGREE.');
  return equal;
}

function sumOf(kind: string, amounts: Amount[]): { count: number; total: number } {
  const found = amounts.filter((one) => `${one.type} ${one.currency}` === kind);
  return { count: found.length, total: found.reduce((sum, one) => sum + one.amount, 0) };
}
