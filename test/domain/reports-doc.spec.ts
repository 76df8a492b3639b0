/** Holds `docs/REPORTS.md` equal to the code: every check with its sentence, every figure of the reports. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { OWN_CHECKS } from '../../src/reports/books/check-books.js';
import { GATEWAY_CHECKS } from '../../src/reports/books/gateway-checks.js';
import { DEFERRED_REVENUE_COLUMNS } from '../../src/reports/deferred-revenue.js';
import { MEMBERSHIP_COLUMNS } from '../../src/reports/membership.js';
import { REVENUE_COLUMNS } from '../../src/reports/revenue.js';

const page = readFileSync(path.resolve(__dirname, '../../docs/REPORTS.md'), 'utf8');

function sectionOf(heading: string): string {
  return page.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
}

it('tells every check in its own sentence, in the order of their ids', () => {
  const told = [...sectionOf('Checking the books').matchAll(/^\| (\w+) \| (.+) \|$/gm)].slice(1);
  const checks = [...OWN_CHECKS, ...GATEWAY_CHECKS].map(({ id, sentence }) => [id, sentence]);
  expect(told.map(([, id, sentence]) => [id, sentence])).toEqual(
    checks.sort(([a = ''], [b = '']) => a.localeCompare(b)),
  );
});

it.each([
  ['Deferred revenue', DEFERRED_REVENUE_COLUMNS],
  ['Revenue', REVENUE_COLUMNS],
  ['Membership', MEMBERSHIP_COLUMNS],
])('defines every figure of %s', (heading, columns) => {
  const section = sectionOf(heading);
  const named = ['month', 'entity', 'country', 'currency'];
  for (const column of columns.filter((one) => !named.includes(one))) {
    expect([heading, column, section.includes(`\`${column}\``) || section.includes(`\`${column} +`)]).toEqual([
      heading,
      column,
      true,
    ]);
  }
});
