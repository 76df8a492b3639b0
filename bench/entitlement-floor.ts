/** The floor of `entitlement`: node:http and pg and nothing else, one statement for what the service reads. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import pg from 'pg';

const QUERY = `
  select s.id, s.status, s.suspended_at, s.charge_progress, s.benefits_until, t.kind, t.starts_at, t.ends_at,
    (select array_agg(f.benefit) from benefit_freezes f where f.subscription_id = s.id and f.frozen) as frozen,
    (select p.benefits from rule_packs p where p.country = s.country and p.effective_from <= now()
     order by p.effective_from desc limit 1) as catalogue
  from subscriptions s join terms t on t.subscription_id = s.id
  where s.user_id = $1 and s.country = $2 and s.ended_at is null order by t.number desc limit 1`;

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10 });
const server = createServer((request, response) => {
  const asked = new URL(request.url ?? '/', 'http://floor').searchParams;
  const values = [asked.get('userId'), asked.get('shipTo')];
  pool.query({ name: 'entitlement', text: QUERY, values }).then(
    ({ rows }) => response.writeHead(rows.length === 1 ? 200 : 404).end(JSON.stringify(rows[0] ?? {})),
    (error: unknown) => response.writeHead(500).end(String(error)),
  );
});
server.listen(0, '127.0.0.1', () => console.log(`floor http://127.0.0.1:${(server.address() as AddressInfo).port}`));
process.once('SIGTERM', () => {
  server.close();
  server.closeAllConnections();
  void pool.end();
});
