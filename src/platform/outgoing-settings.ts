/**
 * What is wrong with the settings of who is told of events; a fault stops the start. It reads them as given, and knows
 * nothing of events.
 */
import { isEmail } from 'class-validator';

export interface OutgoingSettings {
  NODE_ENV: string;
  OUTGOING_WEBHOOK_URL?: string;
  /** Standard Webhooks: `whsec_` and 24 to 64 random bytes in base64. */
  OUTGOING_WEBHOOK_SECRET?: string;
  SMTP_URL?: string;
  MAIL_FROM?: string;
  /** A member's address, with `{userId}` in the part before the @. */
  MAIL_TO?: string;
}

/** Stands in `MAIL_TO` for the user's id. */
export const USER_ID_PLACE = '{userId}';

const SECRET_FORM = /^whsec_[A-Za-z0-9+/]+={0,2}$/;
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;
const MAIL_KEYS = ['SMTP_URL', 'MAIL_FROM', 'MAIL_TO'] as const;

export function outgoingFaults(settings: OutgoingSettings): string[] {
  return [...webhookFaults(settings), ...mailFaults(settings)];
}

function webhookFaults({
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

function mailFaults(settings: OutgoingSettings): string[] {
  const { MAIL_TO: to } = settings;
  const set = MAIL_KEYS.filter((key) => settings[key] !== undefined);
  const missing = set.length === 0 ? [] : MAIL_KEYS.filter((key) => settings[key] === undefined);
  return [
    ...missing.map((key) => `${key} is needed where ${set.join(' and ')} is set`),
    ...(to === undefined || isMemberAddress(to)
      ? []
      : [`MAIL_TO must be an address with ${USER_ID_PLACE} once, before the @`]),
  ];
}

function isMemberAddress(pattern: string): boolean {
  const [before = '', after, more] = pattern.split(USER_ID_PLACE);
  const placed = after?.includes('@') === true && more === undefined && !before.includes('@');
  return placed && isEmail(`${before}u1${after}`, { require_tld: false });
}
