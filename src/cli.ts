/** The operators' commands: migrate, print the schema, and make a token for the local key. */
import { Command, Option } from 'commander';
import { SCOPES } from './platform/access.js';
import { loadConfig } from './platform/config.js';
import { migrate, revertLatest } from './platform/migrate.js';
import { dumpSchema } from './platform/schema-dump.js';
import { hasLocalKey, signToken } from './platform/signing-keys.js';

const program = new Command('vip-membership').description(
  'Commands of VIP membership billing; settings as in .env.example',
);

program
  .command('migrate')
  .description('bring DATABASE_URL to the version this build needs')
  .option('--down', 'take the latest migration back instead')
  .action(async ({ down }: { down?: boolean }) => {
    const { DATABASE_URL } = loadConfig();
    if (DATABASE_URL === undefined) throw new Error('Set DATABASE_URL: which database shall be migrated?');
    if (down === true) return console.log(`taken back: ${(await revertLatest(DATABASE_URL)) ?? 'nothing'}`);
    const applied = await migrate(DATABASE_URL);
    console.log(applied.length === 0 ? 'already current' : `applied: ${applied.join(', ')}`);
  });

program
  .command('schema')
  .description('print the tables, constraints, indexes, triggers, functions and views of DATABASE_URL as text')
  .action(async () => {
    const { DATABASE_URL } = loadConfig();
    if (DATABASE_URL === undefined) throw new Error('Set DATABASE_URL: which database shall be printed?');
    process.stdout.write(await dumpSchema(DATABASE_URL));
  });

program
  .command('token')
  .description('print a token that the instance with the same DATA_DIR accepts for 12 hours')
  .addOption(
    new Option('--scope <scopes>', `one or several of ${SCOPES.join(', ')}, comma separated`)
      .makeOptionMandatory()
      .argParser((text) => {
        const scopes = text.split(',');
        const unknown = scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope));
        if (unknown.length > 0)
          throw new Error(`No such scope: ${unknown.join(', ')}. There are ${SCOPES.join(', ')}.`);
        return scopes;
      }),
  )
  .option('--sub <name>', 'who the token is for', 'local')
  .action(async ({ scope, sub }: { scope: string[]; sub: string }) => {
    const { DATA_DIR, AUTH_ISSUER: issuer, AUTH_AUDIENCE: audience } = loadConfig();
    if (!(await hasLocalKey(DATA_DIR))) {
      throw new Error(
        `No instance has run on DATA_DIR=${DATA_DIR}: start one there first, or set the DATA_DIR it runs on.`,
      );
    }
    console.log(await signToken(DATA_DIR, { scopes: scope, subject: sub, issuer, audience }));
  });

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
