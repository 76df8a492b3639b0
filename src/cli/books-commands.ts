/** The commands of finance: close a month, and check that everything agrees. */
import { Argument, Option, type Command } from 'commander';
import { unusableAddOns } from '../add-ons/unusable-add-ons.js';
import { CloseMonth, type MonthClose } from '../ledger/close-month.js';
import { UnusableFees } from '../ledger/unusable-fees.js';
import { loadConfig } from '../platform/config.js';
import { checkBooks, type Finding } from '../reports/books/check-books.js';
import { GatewayRecord } from '../reports/books/gateway-record.js';
import { withDatabase, type Opened } from './with-database.js';

const BROKEN = 1;
const TROUBLE = 2;
const MONTH_FORM = /^\d{4}-(0[1-9]|1[0-2])$/;

export function addBooksCommands(program: Command): void {
  program
    .command('close-month')
    .description('close a month that is over, and every earlier one still open; closed again, it does nothing')
    .addArgument(new Argument('<month>', 'such as 2027-11').argParser(monthOf))
    .option('--by <name>', 'who closes it, as it is kept', 'command line')
    .action(async (month: string, { by }: { by: string }) => {
      await withDatabase(loadConfig(), (opened) => closeMonth(opened, month, by));
    });

  const check = program.command('check:books');
  check
    .description(
      'check every invariant of the books, read-only; prints what breaks one and ends with 1, with 2 when it cannot check',
    )
    .option('--gateway <place>', "compare with the gateway's record of movements: an address, or a file with its JSON")
    .addOption(new Option('--format <format>', 'how it is printed').choices(['text', 'json']).default('text'))
    .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : TROUBLE))
    .action(async ({ gateway, format }: { gateway?: string; format: 'text' | 'json' }) => {
      const record = gateway === undefined ? null : new GatewayRecord(gateway);
      try {
        process.exitCode = await withDatabase(loadConfig(), (opened) => checkAll(opened, record, format));
      } catch (error) {
        console.error(error instanceof Error ? error.message : error);
        process.exitCode = TROUBLE;
      }
    });
}

function monthOf(text: string): string {
  if (!MONTH_FORM.test(text)) throw new Error(`${text} is no month such as 2027-11.`);
  return text;
}

async function closeMonth({ database, clock }: Opened, month: string, by: string): Promise<void> {
  const unusableFees = new UnusableFees();
  unusableFees.register(unusableAddOns);
  const closing = new CloseMonth(clock, database, unusableFees);
  const id = await closing.order(month, by, () => Promise.resolve());
  for (const open of await closing.running(month)) await closing.close(open, showProgress);
  const { status, terms, entries } = await closing.byId(id);
  console.log(`${month} is ${status === 'done' ? 'closed' : 'being closed'}: ${terms} terms, ${entries} entries`);
}

function showProgress({ month, lookedAt, total, entries }: MonthClose): void {
  console.error(`${month}: ${lookedAt} of ${total} fees, ${entries} entries`);
}

async function checkAll(
  { database, clock }: Opened,
  record: GatewayRecord | null,
  format: 'text' | 'json',
): Promise<number> {
  const now = await clock.now();
  const findings = await checkBooks(database, { now, record }, format === 'text' ? show : undefined);
  const broken = findings.filter(({ violations }) => violations > 0);
  if (format === 'json') console.log(JSON.stringify(findings.map(asJson), null, 2));
  else console.log(summary(findings.length, broken, record === null));
  return broken.length > 0 ? BROKEN : 0;
}

function show({ check: { id, sentence }, violations, rows }: Finding): void {
  if (violations === 0) return console.log(`ok      ${id.padEnd(5)} ${sentence}`);
  console.log(`BROKEN  ${id.padEnd(5)} ${sentence} ${violations} ${violations === 1 ? 'violation' : 'violations'}:`);
  for (const row of rows) console.log(`        ${JSON.stringify(row)}`);
  if (violations > rows.length) console.log(`        … and ${violations - rows.length} more`);
}

function summary(asked: number, broken: Finding[], alone: boolean): string {
  const violations = broken.reduce((sum, finding) => sum + finding.violations, 0);
  const said =
    broken.length === 0
      ? `${asked} checks, nothing is broken.`
      : `${asked} checks, ${broken.length} broken by ${violations} rows: ${broken.map(({ check }) => check.id).join(', ')}.`;
  return alone ? `${said} The gateway's record was not compared: --gateway.` : said;
}

function asJson({ check: { id, sentence }, violations, rows }: Finding): object {
  return { id, sentence, violations, rows };
}
