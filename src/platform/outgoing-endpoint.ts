/** Who is told of events, as configured: one endpoint so far, named `main`. What is wrong with it stops the start. */
import type { Config } from './config.js';

export interface OutgoingEndpoint {
  name: string;
  url: string;
  /** Standard Webhooks: `whsec_` and 24 to 64 random bytes in base64. */
  secret: string;
}

const SECRET_FORM = /^whsec_[A-Za-z0-9+/]+={0,2}$/;
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;

type OutgoingSettings = Pick<Config, 'NODE_ENV' | 'OUTGOING_WEBHOOK_URL' | 'OUTGOING_WEBHOOK_SECRET'>;

export function outgoingEndpoints({
  OUTGOING_WEBHOOK_URL,
  OUTGOING_WEBHOOK_SECRET,
}: OutgoingSettings): OutgoingEndpoint[] {
  if (OUTGOING_WEBHOOK_URL === undefined || OUTGOING_WEBHOOK_SECRET === undefined) return [];
  return [{ name: 'main', url: OUTGOING_WEBHOOK_URL, secret: OUTGOING_WEBHOOK_SECRET }];
}

export function outgoingFaults({
  NODE_ENV,
  OUTGOING_WEBHOOK_URL: url,
  OUTGOING_WEBHOOK_SECRET: secret,
}: OutgoingSettings): string[] {
  if (url === undefined && secret === undefined) return [];
  if (url === undefined) return ['OUTGOING_WEBHOOK_URL is needed where OUTGOING_WEBHOOK_SECRET is set'];
  const bytes = SECRET_FORM.test(secret ?? '') ? Buffer.from(secret?.slice(6) ?? '', 'base64').length : 0;
  return [
    ...(bytes >= SECRET_BYTES_MIN && bytes <= SECRET_BYTES_MAX
      ? []
      : ['OUTGOING_WEBHOOK_SECRET must be whsec_ and 24 to 64 random bytes in base64']),
    ...(NODE_ENV === 'production' && !url.startsWith('https://')
      ? ['OUTGOING_WEBHOOK_URL must be https in production']
      : []),
  ];
}
