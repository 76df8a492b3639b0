/** The sandbox read by Stripe's official library in a second language: Debian's `python3-stripe`, where it is installed. */
import { execFile, spawnSync } from 'node:child_process';
import { promisify } from 'node:util';
import { createSandboxGateway, type SandboxGateway } from '../../src/sandbox-gateway/sandbox-gateway.js';
import { createDatabase, dropDatabases } from '../support/database.js';

// Debian's own, whatever else is called python3 on this machine.
const PYTHON = '/usr/bin/python3';
const isInstalled = spawnSync(PYTHON, ['-c', 'import stripe']).status === 0;
if (!isInstalled) {
  process.stdout.write('\n*** python3-stripe is not installed: the sandbox in Python DOES NOT RUN. ***\n');
}

let gateway: SandboxGateway;

beforeAll(async () => {
  const databaseUrl = await createDatabase('sandbox_python');
  gateway = await createSandboxGateway({ databaseUrl, port: 0, webhookSecret: 'whsec_python' });
});
afterAll(async () => {
  await gateway.close();
  await dropDatabases();
});

(isInstalled ? it : it.skip)('is what it expects: keys, booleans, pages, refusals', async () => {
  const { stdout } = await promisify(execFile)(PYTHON, ['test/support/read_sandbox.py', gateway.url]);
  expect(JSON.parse(stdout)).toEqual({
    same: true,
    setup: 'succeeded',
    paid: ['succeeded', 'succeeded', 'succeeded'],
    refund: ['succeeded', 100],
    pages: [5001, 5000, 4999],
    before: [5000],
    declined: { type: 'CardError', status: 402, code: 'card_declined' },
    unknown: { type: 'InvalidRequestError', status: 400, code: 'parameter_unknown' },
    missing: { type: 'InvalidRequestError', status: 404, code: 'resource_missing' },
    other: { type: 'IdempotencyError', status: 400, code: null },
  });
});
