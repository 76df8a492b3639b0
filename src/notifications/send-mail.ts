/**
 * Sends a notice as mail through the configured relay, in plain text; the relay's 250 takes it. It knows no member's
 * address, only how the relay wants a user's id written as one, and never lets an id say more than that.
 */
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { createTransport, type NodemailerError, type SMTPPoolSentMessageInfo, type Transporter } from 'nodemailer';
import { writeLetter, type NoticeContent } from '../domain/notice.js';
import { Config } from '../platform/config.js';
import { USER_ID_PLACE } from '../platform/outgoing-settings.js';
import type { DeliveryEntity } from './delivery.entity.js';
import { mailRelayOf, type MailRelay } from './outgoing-endpoint.js';
import { RefusedForGood, type Sender } from './sender.js';

/** What the relay takes before the @ (RFC 5321). */
const LOCAL_PART_MAX = 64;

@Injectable()
export class SendMail implements Sender, OnApplicationShutdown {
  private readonly relay: MailRelay | null;
  private readonly transport: Transporter<SMTPPoolSentMessageInfo> | null;

  constructor(private readonly config: Config) {
    this.relay = mailRelayOf(config);
    this.transport = this.relay === null ? null : this.connect(this.relay);
  }

  async send({ eventId, event }: DeliveryEntity): Promise<string> {
    const { relay, transport } = this;
    if (relay === null || transport === null) throw new Error('no mail relay is configured any more');
    const { userId, facts } = event.data as { userId: string; facts: NoticeContent };
    const mail = {
      from: relay.from,
      to: { name: '', address: addressOf(userId, relay.to) },
      subject: facts.subject,
      text: writeLetter(facts),
      // The same at every try, so that a relay that had it already can drop the double.
      messageId: `<${eventId}@${domainOf(relay.from)}>`,
      headers: { 'Auto-Submitted': 'auto-generated' },
      signal: AbortSignal.timeout(this.config.OUTGOING_TIMEOUT_MS),
    };
    const { response } = await transport.sendMail(mail).catch((error: NodemailerError) => {
      throw this.reasonOf(error);
    });
    return response;
  }

  onApplicationShutdown(): void {
    this.transport?.close();
  }

  /** In production only over TLS, unless the URL says otherwise (`?requireTLS=false`). Retries have one schedule, ours. */
  private connect({ url }: MailRelay): Transporter<SMTPPoolSentMessageInfo> {
    return createTransport({ url, pool: true, maxRequeues: 0, requireTLS: this.config.NODE_ENV === 'production' });
  }

  /** A 5xx to this member or this message stays a no; one to the sender or the login ends when the setting is repaired. */
  private reasonOf(error: NodemailerError): Error {
    if (error.code === 'EABORT') return new Error(`no answer within ${this.config.OUTGOING_TIMEOUT_MS} ms`);
    const ofThisMail = error.command === 'RCPT TO' || error.command === 'DATA';
    return error.permanent === true && ofThisMail ? new RefusedForGood(error.message) : error;
  }
}

/**
 * The user's address. Letters, digits, `_` and inner `-` stay; every other character becomes `=` and two hex digits, so
 * no two ids share an address and none can leave its place: `shop:7` → `shop=3A7`.
 */
export function addressOf(userId: string, pattern: string): string {
  const written = userId.replace(/[^A-Za-z0-9_-]|^-/g, (character) => {
    return `=${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
  });
  const address = pattern.replace(USER_ID_PLACE, () => written);
  const length = address.indexOf('@');
  if (length > LOCAL_PART_MAX) {
    throw new RefusedForGood(`the user id is too long for an address: ${length} of ${LOCAL_PART_MAX} characters`);
  }
  return address;
}

/** `VIP <billing@shop.example>` → `shop.example`. */
function domainOf(from: string): string {
  return from.slice(from.lastIndexOf('@') + 1).replace('>', '');
}
