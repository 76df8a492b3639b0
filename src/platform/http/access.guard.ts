/** Denies by default: checks the token's signature, times, issuer and audience, then the route's scope. */
import { Injectable, type CanActivate, type ExecutionContext, type OnApplicationBootstrap } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, Reflector } from '@nestjs/core';
import { createLocalJWKSet, createRemoteJWKSet, errors, jwtVerify, type JWTVerifyGetKey } from 'jose';
import { LRUCache } from 'lru-cache';
import { Config } from '../config.js';
import { machineNow } from '../time/clock.js';
import { ACCESS, type Access, type AuthenticatedRequest, type Caller } from './access.js';
import { RequestProblem } from './problem.js';
import { localKeySet } from './signing-keys.js';

const ALGORITHMS = ['ES256', 'ES384', 'RS256', 'PS256', 'EdDSA'];
const CLOCK_SKEW_SECONDS = 30;
const ROUTE_PATH = 'path';
// The same token comes with every request of a program; the keys themselves are fetched again every ten minutes.
const TRUSTED_MS = 60_000;
const TRUSTED_MAX = 1000;

@Injectable()
export class AccessGuard implements CanActivate, OnApplicationBootstrap {
  private keys: JWTVerifyGetKey | null = null;
  private readonly trusted = new LRUCache<string, Caller>({ max: TRUSTED_MAX });

  constructor(
    private readonly config: Config,
    private readonly reflector: Reflector,
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
  ) {}

  async onApplicationBootstrap(): Promise<void> {
    this.refuseUndeclaredRoutes();
    const { AUTH_JWKS_URL, DATA_DIR } = this.config;
    this.keys =
      AUTH_JWKS_URL === undefined
        ? createLocalJWKSet(await localKeySet(DATA_DIR))
        : createRemoteJWKSet(new URL(AUTH_JWKS_URL));
  }

  async canActivate(context: ExecutionContext): Promise<boolean> {
    const access = this.reflector.getAllAndOverride<Access | undefined>(ACCESS, [
      context.getHandler(),
      context.getClass(),
    ]);
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<AuthenticatedRequest>();
    const caller = await this.authenticate(request.headers.authorization);
    if (access?.some((scope) => caller.scopes.includes(scope)) !== true) {
      const needed = (access ?? ['none']).map((scope) => `"${scope}"`).join(' or ');
      throw new RequestProblem(403, 'scope_missing', `This needs a token with the scope ${needed}.`);
    }
    request.caller = caller;
    return true;
  }

  private async authenticate(header: string | undefined): Promise<Caller> {
    const token = /^Bearer ([\w.-]+)$/i.exec(header ?? '')?.[1];
    if (token === undefined || this.keys === null) throw unauthorized('Send "Authorization: Bearer <token>".');
    const known = this.trusted.get(token);
    if (known !== undefined) return known;
    try {
      const { payload } = await jwtVerify(token, this.keys, {
        algorithms: ALGORITHMS,
        issuer: this.config.AUTH_ISSUER,
        audience: this.config.AUTH_AUDIENCE,
        clockTolerance: CLOCK_SKEW_SECONDS,
        requiredClaims: ['exp', 'sub'],
      });
      const scopes = typeof payload.scope === 'string' ? payload.scope.split(' ') : [];
      const caller = { subject: payload.sub ?? '', scopes };
      const leftMs = (payload.exp ?? 0) * 1000 - machineNow().getTime();
      if (leftMs > 0) this.trusted.set(token, caller, { ttl: Math.min(leftMs, TRUSTED_MS) });
      return caller;
    } catch (error) {
      if (isKeyOutage(error)) throw keysUnavailable();
      throw unauthorized('The token is not valid here: expired, not yet valid, or signed or issued by someone else.');
    }
  }

  private refuseUndeclaredRoutes(): void {
    const undeclared = this.discovery.getControllers().flatMap(({ metatype }) => {
      if (typeof metatype !== 'function') return [];
      const prototype = metatype.prototype as Record<string, () => unknown>;
      return this.scanner
        .getAllMethodNames(prototype)
        .map((name) => ({ name: `${metatype.name}.${name}`, handler: prototype[name] }))
        .filter(({ handler }) => handler !== undefined && Reflect.hasMetadata(ROUTE_PATH, handler))
        .filter(
          ({ handler }) => this.reflector.getAllAndOverride(ACCESS, [handler as () => unknown, metatype]) === undefined,
        )
        .map(({ name }) => name);
    });
    if (undeclared.length > 0) throw new Error(`These routes declare no scope: ${undeclared.join(', ')}`);
  }
}

function unauthorized(detail: string): RequestProblem {
  return new RequestProblem(401, 'unauthorized', detail, undefined, { 'WWW-Authenticate': 'Bearer' });
}

/** The keys could not be fetched, or what was fetched is none: that says nothing about the token. */
function isKeyOutage(error: unknown): boolean {
  if (!(error instanceof errors.JOSEError) || error.code === errors.JOSEError.code) return true;
  return error instanceof errors.JWKSTimeout || error instanceof errors.JWKSInvalid;
}

function keysUnavailable(): RequestProblem {
  const detail = 'The keys that tokens are checked with cannot be fetched now. Try again.';
  return new RequestProblem(503, 'keys_unavailable', detail, undefined, { 'Retry-After': '5' });
}
