/** The commands of the operator who installs the service: migrate, and print the schema. */
import type { Command } from 'commander';
import { loadConfig } from '../platform/config.js';
import { migrate, revertLatest } from '../platform/database/migrate.js';
import { dumpSchema } from '../platform/database/schema-dump.js';

export function addDatabaseCommands(program: Command): void {
  program
    .command('migrate')
    .description('bring DATABASE_URL to the version this build needs')
    .option('--down', 'revert the latest migration instead')
    .action(async ({ down }: { down?: boolean }) => {
      const url = databaseUrl('migrated');
      if (down === true) return console.log(`reverted: ${(await revertLatest(url)) ?? 'nothing'}`);
      const applied = await migrate(url);
      console.log(applied.length === 0 ? 'already current' : `applied: ${applied.join(', ')}`);
    });

  program
    .command('schema')
    .description('print the tables, constraints, indexes, triggers, functions and views of DATABASE_URL as text')
    .action(async () => {
      process.stdout.write(await dumpSchema(databaseUrl('printed')));
    });
}

function databaseUrl(toBe: string): string {
  const { DATABASE_URL } = loadConfig();
  if (DATABASE_URL === undefined) throw new Error(`Set DATABASE_URL: which database shall be ${toBe}?`);
  return DATABASE_URL;
}
