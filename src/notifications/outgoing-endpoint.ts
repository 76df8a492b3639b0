/** Who is told of events, as configured: a webhook hears of all of them, a mail relay carries what the member must be told. */
import type { PublishedEvent } from '../domain/published-event.js';
import type { Config } from '../platform/config.js';

export type EndpointName = 'webhook' | 'mail';

export interface Webhook {
  url: string;
  secret: string;
}

export interface MailRelay {
  url: string;
  from: string;
  /** A member's address, with `{userId}` in the part before the @. */
  to: string;
}

type WebhookSettings = Pick<Config, 'OUTGOING_WEBHOOK_URL' | 'OUTGOING_WEBHOOK_SECRET'>;
type MailSettings = Pick<Config, 'SMTP_URL' | 'MAIL_FROM' | 'MAIL_TO'>;

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
