/** The table of the agreement names every clause that concerns us, and only files that exist. */
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.resolve(__dirname, '../..');
const CLAUSES = [
  ...['VIP 1.1', 'VIP 1.3', 'VIP 1.4', 'VIP 1.5', 'VIP 2.2'],
  ...['VIP 3.1.1', 'VIP 3.1.2', 'VIP 3.1.3', 'VIP 3.2.1', 'VIP 3.3.1', 'VIP 3.4.1', 'VIP 3.4.2'],
  ...['VIP 4.1', 'VIP 4.2', 'VIP 4.5', 'VIP 4.6', 'VIP 4.7', 'VIP 4.8'],
  ...['VIP 5.1', 'VIP 5.2', 'VIP 5.3', 'VIP 5.4', 'VIP 6.1.2', 'VIP 6.2'],
  ...['VIP 8.1', 'VIP 8.2', 'VIP 8.3', 'FMA 1.1', 'FMA 3.8', 'ToU 6.2'],
];

const page = readFileSync(path.join(ROOT, 'docs/AGREEMENT.md'), 'utf8');
const rows = [...page.matchAll(/^\| ((?:VIP|FMA|ToU) [\d.]+) \| (.+) \| `(.+)` \| `(.+)` \|$/gm)];

it('has every clause once, in order', () => {
  expect(rows.map(([, clause]) => clause)).toEqual(CLAUSES);
});

it.each(rows.map(([, clause, , law, test]) => [clause, law, test]))('%s: %s and %s exist', (_clause, law, test) => {
  expect(existsSync(path.join(ROOT, law ?? ''))).toBe(true);
  expect(existsSync(path.join(ROOT, test ?? ''))).toBe(true);
});
