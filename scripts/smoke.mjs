// Starts the product as a user does (`npm start`), subscribes one member by HTTP, cancels, and stops it with SIGTERM.
import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';

const dataDir = mkdtempSync(path.join(tmpdir(), 'vip-smoke-'));
const env = { ...process.env, PORT: '0', SANDBOX_PORT: '0', DATA_DIR: dataDir };
const began = performance.now();
const service = spawn('npm', ['start'], { env, stdio: ['ignore', 'pipe', 'inherit'], detached: true });
try {
  let said = '';
  for await (const chunk of service.stdout) {
    said += chunk;
    if (said.includes('A first subscription')) break;
  }
  console.log(`ready after ${((performance.now() - began) / 1000).toFixed(1)} s`);
  const url = /API\s+(http:\S+)/.exec(said)?.[1];
  if (!url) throw new Error(`npm start did not come up:\n${said}`);
  const token = execFileSync('npm', ['run', '-s', 'token', '--', '--scope', 'storefront,risk'], { env })
    .toString()
    .trim();
  const call = async (method, route, body) => {
    const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json', 'idempotency-key': route };
    const response = await fetch(url + route, { method, headers, body: JSON.stringify(body) });
    const answer = await response.json();
    if (!response.ok) throw new Error(`${method} ${route}: ${JSON.stringify(answer)}`);
    return answer;
  };
  await call('PUT', '/v1/users/smoke/standing', { standing: 'good', reason: 'good history' });
  const member = await call('POST', '/v1/subscriptions', {
    userId: 'smoke',
    country: 'ES',
    residenceCountry: 'ES',
    startWith: 'paid',
    paymentMethod: 'pm_card_visa',
    deductionAuthorized: true,
    agreementVersion: '2023-11-01',
  });
  const { refunds } = await call('POST', `/v1/subscriptions/${member.id}/cancellation`, {});
  if (member.status !== 'active' || refunds[0]?.status !== 'succeeded') throw new Error('not as it should be');
  console.log(`subscribed ${member.id}, canceled, ${refunds[0].amount} ${refunds[0].currency} went back`);
} finally {
  process.kill(-service.pid, 'SIGTERM');
  // npm goes first; the service behind it has a database to stop.
  while (groupLives(service.pid)) await pause(50);
  rmSync(dataDir, { recursive: true, force: true });
}

function groupLives(pid) {
  try {
    process.kill(-pid, 0);
    return true;
  } catch {
    return false;
  }
}
