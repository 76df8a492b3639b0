/**
 * Numbers of invoices and credit notes under fire: payments and refunds that all come at once, two workers that issue at
 * once, and one killed with its documents half written. Every fact gets one document, and no number is missing.
 */
import type { INestApplicationContext } from '@nestjs/common';
import pg from 'pg';
import { createWorker } from '../../src/application.js';
import { IssueDocuments } from '../../src/invoices/issue-documents.js';
import { audit } from '../support/auditor.js';
import { startProcess, type Process } from '../support/processes.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const START = '2026-03-01T10:00:00.000Z';
const MEMBERS = 40;
const AT_ONCE = 20;

let service: Service;
const contexts: INestApplicationContext[] = [];
beforeEach(async () => {
  // On a busy machine no answer may be late: what is unknown waits for the clock, which stands still here.
  service = await startService({ startAt: START, worker: false, config: { GATEWAY_TIMEOUT_MS: 30_000 } });
});
afterEach(async () => {
  await Promise.all(contexts.splice(0).map((context) => context.close()));
  await service.stop();
});

async function rowsOf<T extends object>(query: string): Promise<T[]> {
  return (await service.database.query<T>(query)).rows;
}

async function countOf(source: string): Promise<number> {
  const [row] = await rowsOf<{ count: number }>(`select count(*)::int as count from ${source}`);
  return row?.count ?? 0;
}

/** Subscribes members, so many at a time; every one is active afterwards. */
async function subscribe(name: string, members: number, then?: (id: string, n: number) => Promise<unknown>) {
  for (let from = 0; from < members; from += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, members - from) }, async (_, index) => {
      const n = from + index;
      // Two companies together in every third contract: a second book.
      const residenceCountry = n % 3 === 0 ? 'KR' : 'ES';
      const { body } = await service.api.subscribe(`${name}-${n}`, { residenceCountry }, { waitSeconds: 30 });
      expect(body.status).toBe('active');
      await then?.(body.id, n);
    });
    await Promise.all(batch);
  }
}

/** What a counter has given out: from 1 to its last number, each once. */
async function expectNoGap(): Promise<void> {
  const counters = await rowsOf<{ last: number; given: number[] }>(
    `select last_number as last, array(select sequence from documents d
       where (d.entity, d.kind) = (c.entity, c.kind) order by sequence) as given from document_counters c`,
  );
  expect(counters).toHaveLength(4);
  for (const { last, given } of counters) expect(given).toEqual(Array.from({ length: last }, (_, n) => n + 1));
}

it('gives 76 facts that come at once, issued by two workers at once, a number each', async () => {
  const { api, config, database, sandbox } = service;
  contexts.push(await createWorker(config), await createWorker(config));
  let done = false;
  const issue = async (worker: INestApplicationContext): Promise<void> => {
    while (!done) {
      await until('facts to document', async () => done || (await countOf('undocumented_facts')) > 0);
      const counters = await rowsOf<{ id: string }>('select id from document_counters');
      await Promise.all(counters.map(({ id }) => worker.get(IssueDocuments).issue(id)));
    }
  };
  const issuing = contexts.map(issue);
  await subscribe('member', MEMBERS, async (id, n) => {
    const compensation = { amount: 1 + n, reason: 'outage' };
    const path = `/v1/subscriptions/${id}/compensations`;
    if (n % 2 === 0) return api.call('POST', path, compensation, { scope: 'operations', waitSeconds: 0 });
    return n % 5 === 0 ? undefined : api.cancel(id, {}, { waitSeconds: 0 });
  });
  await api.clockBy('PT1S');
  done = true;
  await Promise.all(issuing);

  const facts = await countOf(`ledger_transactions where fact in ('capture', 'refund_owed', 'compensation')`);
  expect(facts).toBe(MEMBERS + 20 + 16);
  expect(await countOf('documents')).toBe(facts);
  expect(await countOf('undocumented_facts')).toBe(0);
  expect(await countOf('(select distinct xmin::text from documents) transactions')).toBeGreaterThan(10);
  await expectNoGap();
  expect(await audit(database, sandbox)).toEqual([]);
}, 240_000);

describe('a worker killed with its documents half written', () => {
  const workers: Process[] = [];
  afterEach(async () => {
    for (const worker of workers.splice(0)) if (worker.child.exitCode === null) await worker.kill('SIGKILL');
  });

  const startWorker = async (): Promise<Process> => {
    const { DATABASE_URL = '', STRIPE_API_BASE = '', STRIPE_WEBHOOK_SECRET } = service.config;
    const gateway = { STRIPE_API_BASE, STRIPE_WEBHOOK_SECRET, GATEWAY_TIMEOUT_MS: '30000' };
    const env = { DATABASE_URL, ...gateway, TEST_CLOCK: 'on', TEST_CLOCK_START: START };
    const worker = await startProcess('worker', env, /worker ready/);
    workers.push(worker);
    return worker;
  };

  it('leaves no number behind: the next one goes on with it', async () => {
    const { api, config, database, sandbox } = service;
    const worker = await startWorker();
    await subscribe('before', 20);
    await api.clockBy('PT1S');
    expect(await countOf('documents')).toBe(20);
    const held = new pg.Client({ connectionString: config.DATABASE_URL });
    await held.connect();
    await held.query('begin; lock table documents in share row exclusive mode');

    // Payments do not wait for documents.
    await subscribe('during', 30);
    const half = `pg_stat_activity where wait_event_type = 'Lock' and query like '%insert into documents%'
      and datname = current_database()`;
    await until('a worker stuck in its documents', async () => (await countOf(half)) > 0);
    await worker.kill('SIGKILL');
    await held.query('rollback');
    await held.end();
    await until('the dead one lets go', async () => (await countOf(half)) === 0);
    expect(await countOf('documents')).toBe(20);
    expect(await rowsOf(`select sum(last_number)::int as given from document_counters`)).toEqual([{ given: 20 }]);

    await startWorker();
    await api.clockBy('PT1S');
    expect(await countOf('documents')).toBe(50);
    await expectNoGap();
    // Those that waited were numbered in the order they were posted.
    const [late] = await rowsOf<{ numbered: string[]; posted: string[] }>(
      `select array_agg(id order by sequence) as numbered, array_agg(id order by id) as posted from documents
       where entity like 'Alibaba%' and sequence > 13`,
    );
    expect(late?.numbered).toHaveLength(20);
    expect(late?.numbered).toEqual(late?.posted);
    expect(await audit(database, sandbox)).toEqual([]);
  }, 240_000);
});
