/** The reports as commands: the same figures as over HTTP, against a database alone. */
import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import { Option, type Command } from 'commander';
import { EntriesFilter, TrialBalanceQuery } from '../ledger/ledger.dto.js';
import { BALANCE_COLUMNS, ENTRY_COLUMNS, ShowLedger } from '../ledger/show-ledger.js';
import { loadConfig } from '../platform/config.js';
import type { RowBatches } from '../platform/http/csv.js';
import { DEFERRED_REVENUE_COLUMNS, DeferredRevenue } from '../reports/deferred-revenue.js';
import { Membership, MEMBERSHIP_COLUMNS, membershipLines } from '../reports/membership.js';
import { REFUND_COLUMNS, RefundsReport } from '../reports/refunds-report.js';
import { MonthsQuery, PeriodQuery, RefundsPeriod } from '../reports/report.dto.js';
import { Revenue, REVENUE_COLUMNS } from '../reports/revenue.js';
import { FORMATS, printRows, type Format } from './print-rows.js';
import { withDatabase, type Opened } from './with-database.js';

interface ReportCommand<Q extends object> {
  name: string;
  description: string;
  /** Flag and what it means. */
  options: [flag: string, meaning: string][];
  query: new () => Q;
  columns: readonly string[];
  rows: (opened: Opened, query: Q) => Promise<RowBatches> | RowBatches;
}

const MONTHS: [string, string][] = [
  ['--from <month>', 'first month, such as 2027-01; without it the first with anything in it'],
  ['--to <month>', 'last month; without it the current one'],
  ['--currency <code>', 'one currency only'],
];
const PERIOD: [string, string][] = [
  ['--from <when>', 'a month, a day or an instant in UTC: 2027-01, 2027-01-15'],
  ['--to <when>', 'a month or a day, included, or an instant, which is not'],
];
const BOOKS: [string, string][] = [
  ['--entity <name>', 'one contracting company only'],
  ['--currency <code>', 'one currency only'],
];

const NOBODY_LEAVES = new AbortController().signal;

const deferredRevenue: ReportCommand<MonthsQuery> = {
  name: 'deferred-revenue',
  description: 'deferred revenue rolled forward by month, company and currency',
  options: MONTHS,
  query: MonthsQuery,
  columns: DEFERRED_REVENUE_COLUMNS,
  rows: async ({ clock, database }, query) => [(await new DeferredRevenue(clock, database).report(query)).rows],
};

const trialBalance: ReportCommand<TrialBalanceQuery> = {
  name: 'trial-balance',
  description: 'the balance of every account at an instant',
  options: [['--as-of <instant>', 'such as 2027-12-31T23:59:59.999Z; without it now'], ...BOOKS],
  query: TrialBalanceQuery,
  columns: BALANCE_COLUMNS,
  rows: async ({ clock, database }, query) => [await new ShowLedger(clock, database).balanceLines(query)],
};

const entries: ReportCommand<EntriesFilter> = {
  name: 'entries',
  description: 'every ledger entry, newest first',
  options: [
    ['--from <instant>', 'posted at or after it, such as 2027-01-01T00:00:00.000Z'],
    ['--to <instant>', 'posted before it'],
    ['--account <name>', 'one account only'],
    ['--subscription-id <id>', 'one subscription only'],
    ...BOOKS,
  ],
  query: EntriesFilter,
  columns: ENTRY_COLUMNS,
  rows: ({ clock, database }, query) => new ShowLedger(clock, database).allEntries(query, NOBODY_LEAVES),
};

const revenue: ReportCommand<MonthsQuery> = {
  name: 'revenue',
  description: 'revenue net of tax by market, month and currency',
  options: MONTHS,
  query: MonthsQuery,
  columns: REVENUE_COLUMNS,
  rows: async ({ database }, query) => [(await new Revenue(database).report(query)).rows],
};

const refunds: ReportCommand<RefundsPeriod> = {
  name: 'refunds',
  description: 'refunds decided in a period, with basis, clause and the inputs of the formula',
  options: [...PERIOD, ['--country <code>', 'one market only']],
  query: RefundsPeriod,
  columns: REFUND_COLUMNS,
  rows: ({ database }, query) => new RefundsReport(database).lines(query, NOBODY_LEAVES),
};

const membership: ReportCommand<PeriodQuery> = {
  name: 'membership',
  description: 'members, trials, conversion, renewals, churn and monthly recurring revenue of a period, by market',
  options: PERIOD,
  query: PeriodQuery,
  columns: MEMBERSHIP_COLUMNS,
  rows: async ({ database }, query) => [membershipLines(await new Membership(database).report(query))],
};

export function addReportCommands(program: Command): void {
  const report = program
    .command('report')
    .description(
      'print a report from DATABASE_URL, or from the embedded database of the instance with the same DATA_DIR',
    );
  add(report, deferredRevenue);
  add(report, trialBalance);
  add(report, entries);
  add(report, revenue);
  add(report, refunds);
  add(report, membership);
}

function add<Q extends object>(
  to: Command,
  { name, description, options, query, columns, rows }: ReportCommand<Q>,
): void {
  const command = to.command(name).description(`${description}; amounts are minor units`);
  for (const [flag, meaning] of options) command.option(flag, meaning);
  command.addOption(new Option('--format <format>', 'how it is printed').choices(FORMATS).default('table'));
  command.action(async ({ format, ...given }: { format: Format } & Record<string, string>) => {
    const asked = checked(query, given, command);
    await withDatabase(loadConfig(), async (opened) => printRows(await rows(opened, asked), columns, format));
  });
}

/** The same checks as over HTTP, said in the words of the command line. */
function checked<Q extends object>(query: new () => Q, given: object, command: Command): Q {
  const asked = plainToInstance(query, given);
  const faults = validateSync(asked).flatMap(({ property, constraints = {} }) => {
    const flag = command.options.find((option) => option.attributeName() === property)?.long ?? property;
    return Object.values(constraints).map((message) => `${flag}: ${message}`);
  });
  if (faults.length > 0) throw new Error(`${faults.join('\n')}\nSee --help.`);
  return asked;
}
