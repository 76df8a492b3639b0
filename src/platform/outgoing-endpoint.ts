/**
 * Who is told of events, as configured: a webhook hears of all of them, a mail relay carries what the member must be told.
 * What is wrong with their settings stops the start.
 */
import { isEmail } from 'class-validator';
import type { PublishedEvent } from '../domain/published-event.js';
import type { Config } from './config.js';

export type EndpointName = 'webhook' | 'mail';

export interface Webhook {
  url: string;
  /** Standard Webhooks: `whsec_` and 24 to 64 random bytes in base64. */
  secret: string;
}

export interface MailRelay {
  url: string;
  from: string;
  /** A member's address, with `{userId}` in the part before the @. */
  to: string;
}

/** Stands in `MAIL_TO` for the user's id. */
export const USER_ID_PLACE = '{userId}';

const SECRET_FORM = /^whsec_[A-Za-z0-9+/]+={0,2}$/;
const SECRET_BYTES_MIN = 24;
const SECRET_BYTES_MAX = 64;
const MAIL_KEYS = ['SMTP_URL', 'MAIL_FROM', 'MAIL_TO'] as const;

type WebhookSettings = Pick<Config, 'NODE_ENV' | 'OUTGOING_WEBHOOK_URL' | 'OUTGOING_WEBHOOK_SECRET'>;
type MailSettings = Pick<Config, (typeof MAIL_KEYS)[number]>;

export function webhookOf({
  OUTGOING_WEBHOOK_URL: url,
  OUTGOING_WEBHOOK_SECRET: secret,
}: WebhookSettings): Webhook | null {
  return url === undefined || secret === undefined ? null : { url, secret };
}

export function mailRelayOf({ SMTP_URL: url, MAIL_FROM: from, MAIL_TO: to }: MailSettings): MailRelay | null {
  return url === undefined || from === undefined || to === undefined ? null : { url, from, to };
}

/** Where this event goes; a member gets no mail of anything but notices. */
export function endpointsOf(config: WebhookSettings & MailSettings, event: PublishedEvent): EndpointName[] {
  return [
    ...(webhookOf(config) === null ? [] : (['webhook'] as const)),
    ...(mailRelayOf(config) === null || event !== 'notice.due' ? [] : (['mail'] as const)),
  ];
}

export function outgoingFaults(config: WebhookSettings & MailSettings): string[] {
  return [...webhookFaults(config), ...mailFaults(config)];
}

function webhookFaults({
  NODE_ENV,
  OUTGOING_WEBHOOK_URL: url,
  OUTGOING_WEBHOOK_SECRET: secret,
}: WebhookSettings): string[] {
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

function mailFaults(config: MailSettings): string[] {
  const { MAIL_TO: to } = config;
  const set = MAIL_KEYS.filter((key) => config[key] !== undefined);
  const missing = set.length === 0 ? [] : MAIL_KEYS.filter((key) => config[key] === undefined);
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
