/** Who may call what: every published route with every scope and every kind of token that must not work. */
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { Controller, Get, Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { exportSPKI, generateKeyPair, importJWK, SignJWT, type CryptoKey, type JWK } from 'jose';
import { SCOPES } from '../../src/platform/http/access.js';
import { PlatformModule } from '../../src/platform/platform.module.js';
import { startService, type Service } from '../support/service.js';

interface Route {
  method: string;
  path: string;
  declared: string;
}

const ISSUER = 'vip-membership-billing';
const OTHER_PATHS = ['/openapi.json', '/docs'];

let service: Service;
let routes: Route[];

beforeAll(async () => {
  service = await startService({ worker: false });
  routes = await publishedRoutes();
});
afterAll(() => service.stop());

/** The contract's own word on each path, said again here so that a wrong decorator does not agree with itself. */
function expectedAccess(at: string): string {
  if (/^\/(health|test)\//.test(at) || at.startsWith('/v1/webhooks/')) return 'public';
  if (at.endsWith('/temporary-memberships')) return 'operations';
  if (/^\/v1\/request(s|-decisions)\//.test(at)) return 'finance operations';
  if (at.startsWith('/v1/users/')) return 'risk';
  if (/\/(suspension|reinstatement|revocations|freeze)$/.test(at) || at.startsWith('/v1/revocations')) return 'risk';
  if (at.endsWith('/compensations')) return 'operations';
  if (at.startsWith('/v1/cases') || at.startsWith('/v1/deliveries')) return 'operations';
  if (/^\/v1\/(settlements|breaks|ledger|reports|invoices)/.test(at) || at.endsWith('/tax-rates')) return 'finance';
  if (/^\/v1\/(markets|agreements|entity-transfers|trial-offers)/.test(at)) return 'operations';
  if (/^\/v1\/(refunds|refund-payouts|chargebacks)/.test(at)) return 'finance';
  return 'storefront';
}

async function publishedRoutes(): Promise<Route[]> {
  const answer = await fetch(`${service.api.url}/openapi.json`);
  const { paths } = (await answer.json()) as {
    paths: Record<string, Record<string, { security?: Record<string, unknown>[] }>>;
  };
  return Object.entries(paths).flatMap(([at, methods]) =>
    Object.entries(methods).map(([method, { security }]) => ({
      method: method.toUpperCase(),
      path: at,
      declared: security?.flatMap((one) => Object.keys(one)).join(' ') ?? 'public',
    })),
  );
}

async function statusOf({ method, path: at }: Route, token: string | null): Promise<number> {
  const filled = at.replace('{id}', '01932a4e-1234-7abc-8123-123456789abc').replace(/\{\w+\}/, 'u1');
  const body = method === 'GET' ? undefined : {};
  return (await service.api.call(method, filled, body, { token })).status;
}

it('declares every route as the contract says', () => {
  expect(routes.length).toBeGreaterThan(20);
  for (const route of routes) expect(route).toEqual({ ...route, declared: expectedAccess(route.path) });
});

it('lets a token pass exactly where its scope is declared', async () => {
  for (const route of routes) {
    for (const scope of SCOPES) {
      const status = await statusOf(route, await service.api.token(scope));
      const passed = route.declared === 'public' || route.declared.split(' ').includes(scope);
      const told = { route, scope, status: [401, 403].includes(status) || status >= 500 ? status : 'passed' };
      expect(told).toEqual({ route, scope, status: passed ? 'passed' : 403 });
    }
  }
});

it('refuses every token that is none of ours with 401, and asks public routes for none', async () => {
  const bad = await badTokens();
  for (const route of routes) {
    for (const [name, token] of Object.entries(bad)) {
      const status = await statusOf(route, token);
      if (route.declared === 'public')
        expect({ route, name, refused: status === 401 }).toMatchObject({ refused: false });
      else expect({ route, name, status }).toEqual({ route, name, status: 401 });
    }
  }
  for (const at of OTHER_PATHS) expect((await fetch(service.api.url + at)).status).toBe(200);
});

it('says how to come back: WWW-Authenticate and a problem', async () => {
  const { status, headers, body } = await service.api.call('GET', '/v1/subscriptions', undefined, { token: null });
  expect(status).toBe(401);
  expect(headers.get('www-authenticate')).toBe('Bearer');
  expect(body).toMatchObject({ status: 401, code: 'unauthorized', instance: '/v1/subscriptions' });
});

it('takes a token with several scopes, and clocks that differ by less than 30 s', async () => {
  const { sign } = await signer();
  const nowSeconds = Math.floor(Date.now() / 1000);
  const both = await sign({ scope: 'finance storefront' });
  const justExpired = await sign({ exp: nowSeconds - 20 });
  const nearlyValid = await sign({ nbf: nowSeconds + 20 });
  for (const token of [both, justExpired, nearlyValid]) {
    expect((await service.api.call('GET', '/v1/subscriptions', undefined, { token })).status).toBe(200);
  }
});

it('does not start with a route that declares no scope', async () => {
  @Controller('stray')
  class StrayController {
    @Get('door')
    read(): string {
      return 'open to everyone';
    }
  }
  @Module({ imports: [PlatformModule.with(service.config)], controllers: [StrayController] })
  class StrayModule {}
  const app = await NestFactory.create(StrayModule, { abortOnError: false, logger: false });
  await expect(app.init()).rejects.toThrow('StrayController.read');
  await app.close();
});

type Claims = Record<string, string | number | null>;

/** Signs as the service's own key does; what is given replaces a claim, and null leaves it out. */
async function signer(): Promise<{ jwk: JWK; sign: (change?: Claims, key?: unknown) => Promise<string> }> {
  const file = path.join(service.config.DATA_DIR, 'keys', 'signing-key.json');
  const jwk = JSON.parse(await readFile(file, 'utf8')) as JWK;
  const own = await importJWK(jwk, 'ES256');
  const nowSeconds = Math.floor(Date.now() / 1000);
  const good = { scope: SCOPES.join(' '), sub: 'tester', iss: ISSUER, aud: ISSUER, exp: nowSeconds + 600 };
  const sign = (change: Claims = {}, key: unknown = own): Promise<string> => {
    const claims = Object.entries({ ...good, ...change }).filter(([, value]) => value !== null);
    return new SignJWT(Object.fromEntries(claims))
      .setProtectedHeader({ alg: 'ES256', kid: jwk.kid! })
      .sign(key as CryptoKey);
  };
  return { jwk, sign };
}

async function badTokens(): Promise<Record<string, string | null>> {
  await service.api.token('storefront');
  const { jwk, sign } = await signer();
  const nowSeconds = Math.floor(Date.now() / 1000);
  const good = await sign();
  const [header, payload, signature] = good.split('.') as [string, string, string];
  const stranger = await generateKeyPair('ES256');
  return {
    none: null,
    empty: '',
    garbage: 'not.a.token',
    // An hour off either way: however slow the machine is, the token does not change its mind while the test runs.
    expired: await sign({ exp: nowSeconds - 3600 }),
    'not yet valid': await sign({ nbf: nowSeconds + 3600 }),
    'for another audience': await sign({ aud: 'someone-else' }),
    'by another issuer': await sign({ iss: 'someone-else' }),
    'without an end': await sign({ exp: null }),
    'without a subject': await sign({ sub: null }),
    'by an unknown key under our kid': await sign({}, stranger.privateKey),
    'alg none': `${base64url({ alg: 'none' })}.${payload}.`,
    'alg none with a signature': `${base64url({ alg: 'none', kid: jwk.kid })}.${payload}.${signature}`,
    'HS256 with our public key as the secret': await signedWithPublicKey(jwk, payload),
    'another payload under a good signature': `${header}.${base64url({ scope: 'storefront', sub: 'x' })}.${signature}`,
    'without its signature': `${header}.${payload}.`,
  };
}

async function signedWithPublicKey({ d: _private, ...jwk }: JWK, payload: string): Promise<string> {
  const pem = await exportSPKI((await importJWK(jwk, 'ES256', { extractable: true })) as CryptoKey);
  const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown>;
  return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', kid: jwk.kid! }).sign(new TextEncoder().encode(pem));
}

function base64url(value: object): string {
  return Buffer.from(JSON.stringify(value)).toString('base64url');
}
