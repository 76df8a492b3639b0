/** Makes a token for an instance that signs with its local key. */
import { Option, type Command } from 'commander';
import { loadConfig } from '../platform/config.js';
import { SCOPES } from '../platform/http/access.js';
import { hasLocalKey, signToken } from '../platform/http/signing-keys.js';

export function addTokenCommand(program: Command): void {
  program
    .command('token')
    .description('print a token that the instance with the same DATA_DIR accepts for 12 hours')
    .addOption(
      new Option('--scope <scopes>', `one or several of ${SCOPES.join(', ')}, comma separated`)
        .makeOptionMandatory()
        .argParser(scopesOf),
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
}

function scopesOf(text: string): string[] {
  const scopes = text.split(',');
  const unknown = scopes.filter((scope) => !(SCOPES as readonly string[]).includes(scope));
  if (unknown.length > 0) throw new Error(`No such scope: ${unknown.join(', ')}. There are ${SCOPES.join(', ')}.`);
  return scopes;
}
