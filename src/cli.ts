/** The operators' commands; what each does is in `src/cli`. */
import { Command } from 'commander';
import { addBooksCommands } from './cli/books-commands.js';
import { addDatabaseCommands } from './cli/database-commands.js';
import { addReportCommands } from './cli/report-commands.js';
import { addTokenCommand } from './cli/token-command.js';

const program = new Command('vip-membership').description(
  'Commands of VIP membership billing; settings as in .env.example',
);

addDatabaseCommands(program);
addTokenCommand(program);
addReportCommands(program);
addBooksCommands(program);

program.parseAsync().catch((error: unknown) => {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
});
