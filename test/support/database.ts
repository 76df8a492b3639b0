// Gives a test file databases of its own in the server of the run, and removes them. It never decides their tables.
import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

const nameMax = 63;
const made: string[] = [];

/** Returns the URL of a new database, empty or cloned from `template` (a database's name or URL; nobody may use it). */
export async function createDatabase(label: string, template?: string): Promise<string> {
  const words = label.toLowerCase().replaceAll(/[^a-z0-9]+/g, '_');
  const suffix = `_${process.pid}_${randomBytes(4).toString('hex')}`;
  const name = `${words.slice(0, nameMax - suffix.length)}${suffix}`;
  await withServer(async (client) => {
    const from = template === undefined ? '' : ` template ${client.escapeIdentifier(databaseOf(template))}`;
    await client.query(`create database ${client.escapeIdentifier(name)}${from}`);
  });
  made.push(name);
  const url = serverUrl();
  url.pathname = `/${name}`;
  return url.href;
}

/** Drops what this test file made, also while connections are open. */
export async function dropDatabases(): Promise<void> {
  if (made.length === 0) return;
  await withServer(async (client) => {
    for (let name = made.pop(); name !== undefined; name = made.pop()) {
      await client.query(`drop database if exists ${client.escapeIdentifier(name)} with (force)`);
    }
  });
}

function databaseOf(template: string): string {
  return template.includes('://') ? decodeURIComponent(new URL(template).pathname.slice(1)) : template;
}

function serverUrl(): URL {
  const url = process.env.TEST_POSTGRES_URL;
  if (!url) {
    throw new Error('TEST_POSTGRES_URL is not set: tests in test/domain and test/architecture run without PostgreSQL');
  }
  return new URL(url);
}

async function withServer(use: (client: Client) => Promise<void>): Promise<void> {
  const client = new Client({ connectionString: serverUrl().href });
  await client.connect();
  try {
    await use(client);
  } finally {
    await client.end();
  }
}
