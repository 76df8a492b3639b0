// Runs the two largest scenarios at full size: a market of 20,000 members that ends with its worker killed three times, and
// a year of 5,000 members closed by finance. They take half an hour; `npm test` runs them small.
import { spawnSync } from 'node:child_process';

if (process.argv.includes('--help')) {
  console.log('npm run test:long: the two largest scenarios at full size; MARKET_MEMBERS and YEAR_MEMBERS set others.');
  process.exit(0);
}
const env = { MARKET_MEMBERS: '20000', YEAR_MEMBERS: '5000', ...process.env };
const scenarios = ['test/scenarios/market-ends-large.spec.ts', 'test/scenarios/a-year-of-finance.spec.ts'];
const { status } = spawnSync(process.execPath, ['node_modules/jest/bin/jest.js', '--runInBand', ...scenarios], {
  env,
  stdio: 'inherit',
});
process.exit(status ?? 1);
