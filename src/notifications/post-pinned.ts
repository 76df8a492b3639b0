/**
 * One POST to an address outside: https, to the very address that was looked up and found public, following no
 * redirect. It decides which addresses may be called; what the answer means is the caller's.
 */
import { lookup } from 'node:dns';
import { request as httpRequest, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';

export interface Post {
  body: string;
  headers: Record<string, string>;
  /** From the look-up to the answer's first line. */
  timeoutMs: number;
  /** Also http and private addresses, for development. */
  anyAddress: boolean;
}

/** IANA's special-purpose ranges: nothing in them is a subscriber on the public internet. */
const PRIVATE_IPV4 = new BlockList();
for (const range of [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]) {
  const [network = '', bits] = range.split('/');
  PRIVATE_IPV4.addSubnet(network, Number(bits), 'ipv4');
}
// Of IPv6 only global unicast is public, without the parts that carry IPv4 addresses or are for documentation.
const GLOBAL_IPV6 = new BlockList();
GLOBAL_IPV6.addSubnet('2000::', 3, 'ipv6');
const RESERVED_IPV6 = new BlockList();
RESERVED_IPV6.addSubnet('2001::', 23, 'ipv6');
RESERVED_IPV6.addSubnet('2001:db8::', 32, 'ipv6');
RESERVED_IPV6.addSubnet('2002::', 16, 'ipv6');
RESERVED_IPV6.addSubnet('3fff::', 20, 'ipv6');

export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 4) return !PRIVATE_IPV4.check(address, 'ipv4');
  return isIP(address) === 6 && GLOBAL_IPV6.check(address, 'ipv6') && !RESERVED_IPV6.check(address, 'ipv6');
}

/** The answer's status. Rejects when the address may not be called, nobody answers, or not in time. */
export async function postPinned(url: string, post: Post): Promise<number> {
  const target = new URL(url);
  const host = target.hostname.replace(/^\[|\]$/g, '');
  if (!post.anyAddress && target.protocol !== 'https:') throw new Error('only https addresses are called');
  if (!post.anyAddress && isIP(host) !== 0 && !isPublicAddress(host)) throw refused(host);
  const options: RequestOptions = {
    method: 'POST',
    headers: { ...post.headers, 'content-length': Buffer.byteLength(post.body) },
    signal: AbortSignal.timeout(post.timeoutMs),
    agent: false,
    ...(post.anyAddress ? {} : { lookup: lookupPublic }),
  };
  const open = target.protocol === 'https:' ? httpsRequest : httpRequest;
  return new Promise<number>((resolve, reject) => {
    open(target, options, (response) => {
      resolve(response.statusCode ?? 0);
      // What else it says is of no interest, however long.
      response.destroy();
    })
      .on('error', (error) => reject(error.name === 'AbortError' ? tooLate(post.timeoutMs) : error))
      .end(post.body);
  });
}

/** The connection goes to what this returns, so a second look-up cannot lead elsewhere. */
const lookupPublic: LookupFunction = (host, options, callback) => {
  lookup(host, { ...options, all: true }, (error, addresses) => {
    // Without an answer there are no addresses to look at.
    if (error !== null) return callback(error, '');
    const [first] = addresses;
    const forbidden = addresses.find(({ address }) => !isPublicAddress(address));
    if (first === undefined || forbidden !== undefined) callback(refused(forbidden?.address ?? host), '');
    else if (options.all === true) callback(null, addresses);
    else callback(null, first.address, first.family);
  });
};

function refused(address: string): Error {
  return new Error(`${address} is no public address`);
}

function tooLate(timeoutMs: number): Error {
  return new Error(`no answer within ${timeoutMs} ms`);
}
