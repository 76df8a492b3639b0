/** The published document: every route that exists, no other, each with who may call it. */
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { NestExpressApplication } from '@nestjs/platform-express';
import { createApi } from '../../src/application.js';
import { SCOPES } from '../../src/platform/http/access.js';
import { Config } from '../../src/platform/config.js';
import { createDatabase, dropDatabases } from '../support/database.js';
import { migratedTemplate } from '../support/migrated-template.js';

interface Operation {
  security?: Record<string, string[]>[];
  parameters?: { name: string; in: string }[];
  responses: object;
}

interface Document {
  openapi: string;
  paths: Record<string, Record<string, Operation>>;
  components: { securitySchemes: Record<string, { type: string; scheme: string }> };
}

// The document and its page describe the routes; they are none of them.
const OWN_PATHS = /^\/(docs|docs-yaml|openapi\.json)(\/|$)/;
const PUBLIC = [
  'GET /health/live',
  'GET /health/ready',
  'GET /test/clock',
  'POST /test/clock',
  'POST /v1/webhooks/stripe',
];

let folder: string;
let app: NestExpressApplication;
let url: string;
let document: Document;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'vip-openapi-'));
  const DATABASE_URL = await createDatabase('openapi', await migratedTemplate());
  app = await createApi(Object.assign(new Config(), { DATABASE_URL, DATA_DIR: folder, LOG_LEVEL: 'error' }));
  await app.listen(0, '127.0.0.1');
  url = await app.getUrl();
  document = (await (await fetch(`${url}/openapi.json`)).json()) as Document;
});
afterAll(async () => {
  await app.close();
  await dropDatabases();
  await rm(folder, { recursive: true, force: true });
});

function operations(): [string, Operation][] {
  return Object.entries(document.paths).flatMap(([at, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${at}`,
      operation,
    ]),
  );
}

/** What Express itself answers, without the page of the document and what catches the rest. */
function served(): string[] {
  const { stack } = app.getHttpAdapter().getInstance().router as {
    stack: { route?: { path: string; methods: Record<string, boolean> } }[];
  };
  return stack.flatMap(({ route }) => {
    if (route === undefined || OWN_PATHS.test(route.path) || !route.path.startsWith('/') || route.path.includes('*')) {
      return [];
    }
    // The document has it once per gateway.
    const at = route.path.replace('webhooks/:gateway', 'webhooks/stripe').replaceAll(/:(\w+)/g, '{$1}');
    return Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${at}`);
  });
}

it('is OpenAPI 3.1 and names every scope as a bearer token', () => {
  expect(document.openapi).toMatch(/^3\.1\.\d+$/);
  for (const scope of SCOPES) {
    expect(document.components.securitySchemes[scope]).toMatchObject({ type: 'http', scheme: 'bearer' });
  }
});

it('has exactly the routes that are served', () => {
  const published = operations().map(([name]) => name);
  expect(published.length).toBeGreaterThan(20);
  expect(published.sort()).toEqual(served().sort());
});

it('says for each route which scope it needs, or that it is public', () => {
  for (const [name, { security }] of operations()) {
    if (PUBLIC.includes(name)) expect({ name, security }).toEqual({ name, security: undefined });
    else {
      const needed = (security ?? []).flatMap((one) => Object.keys(one));
      // Where two can do the same, either is enough.
      const scopes = /^POST \/v1\/request(s|-decisions)\//.test(name) ? 2 : 1;
      const unknown = needed.filter((scope) => !SCOPES.includes(scope as never));
      expect({ name, scopes: needed.length, unknown }).toEqual({ name, scopes, unknown: [] });
    }
  }
});

it('describes every list as a page and every refusal as a problem', () => {
  for (const [name, { parameters = [], responses }] of operations()) {
    expect({ name, refused: 'default' in responses }).toEqual({ name, refused: true });
    if (!parameters.some((one) => one.name === 'cursor')) continue;
    const { schema } = (responses as Record<string, { content: Record<string, { schema: object }> }>)['200']!.content[
      'application/json'
    ]!;
    expect({ name, schema }).toMatchObject({ name, schema: { properties: { data: { type: 'array' } } } });
  }
});

it('shows the document as a page', async () => {
  const page = await fetch(`${url}/docs`);
  expect(page.status).toBe(200);
  expect(page.headers.get('content-type')).toContain('text/html');
  expect(await page.text()).toContain('swagger-ui');
});

it('can describe every body, query and view: each stands in a file that the Swagger plugin of the build reads', async () => {
  const { compilerOptions } = JSON.parse(await readFile('nest-cli.json', 'utf8')) as {
    compilerOptions: { plugins: { options: { dtoFileNameSuffix: string[] } }[] };
  };
  const read = compilerOptions.plugins.flatMap(({ options }) => options.dtoFileNameSuffix);
  const files = (await readdir('src', { recursive: true })).filter((name) => name.endsWith('.ts'));
  const unread = files.filter((name) => !read.some((suffix) => `/${name}`.includes(suffix)));
  for (const name of unread) {
    const found = /^export class \w+(Body|Query|Params?|View)\b/m.exec(await readFile(path.join('src', name), 'utf8'));
    expect({ name, found: found?.[0] }).toEqual({ name, found: undefined });
  }
});
