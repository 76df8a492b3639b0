/**
 * The local key pair that signs and checks tokens where no JWKS URL is configured. Kept under DATA_DIR, readable by the
 * owner only; production takes its keys from AUTH_JWKS_URL instead.
 */
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { exportJWK, generateKeyPair, importJWK, SignJWT, type JSONWebKeySet, type JWK } from 'jose';
import { v7 } from 'uuid';

const ALGORITHM = 'ES256';
const TOKEN_LIFETIME = '12h';

export async function localKeySet(dataDir: string): Promise<JSONWebKeySet> {
  const { kty, crv, x, y, kid } = await localKey(dataDir);
  return { keys: [{ kty, crv, x, y, kid, alg: ALGORITHM, use: 'sig' }] };
}

/** A token for the given scopes that an instance with the same data folder accepts. */
export async function signToken(
  dataDir: string,
  token: { scopes: string[]; subject: string; issuer: string; audience: string },
): Promise<string> {
  const jwk = await localKey(dataDir);
  const key = await importJWK(jwk, ALGORITHM);
  return new SignJWT({ scope: token.scopes.join(' ') })
    .setProtectedHeader({ alg: ALGORITHM, kid: jwk.kid ?? '' })
    .setSubject(token.subject)
    .setIssuer(token.issuer)
    .setAudience(token.audience)
    .setIssuedAt()
    .setNotBefore('0s')
    .setExpirationTime(TOKEN_LIFETIME)
    .sign(key);
}

/** Whether an instance has ever made its key in this folder. */
export async function hasLocalKey(dataDir: string): Promise<boolean> {
  return access(keyFile(dataDir)).then(
    () => true,
    () => false,
  );
}

function keyFile(dataDir: string): string {
  return path.join(dataDir, 'keys', 'signing-key.json');
}

async function localKey(dataDir: string): Promise<JWK> {
  const file = keyFile(dataDir);
  const kept = await readFile(file, 'utf8').catch(() => null);
  if (kept !== null) return JSON.parse(kept) as JWK;
  const { privateKey } = await generateKeyPair(ALGORITHM, { extractable: true });
  const jwk = { ...(await exportJWK(privateKey)), kid: v7() };
  await mkdir(path.dirname(file), { recursive: true });
  const draft = `${file}.${process.pid}`;
  await writeFile(draft, JSON.stringify(jwk), { mode: 0o600 });
  await rename(draft, file);
  return JSON.parse(await readFile(file, 'utf8')) as JWK;
}
