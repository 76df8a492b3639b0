/**
 * A mail relay as an operator would run one: speaks real SMTP, wants a login, answers what the test says, and reads each
 * message as a mail program would. It shares no code with the service.
 */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { SMTPServer, type SMTPServerOptions, type SMTPServerSession } from 'smtp-server';

export interface Mail {
  /** The envelope: who really sends it and who really gets it. */
  from: string;
  to: string[];
  headers: Record<string, string>;
  text: string;
}

/** An SMTP reply, or silence. */
type Reply = number | 'hang';
type Callback = (error?: Error | null, message?: string) => void;

const USER = 'vip';
const PASSWORD = 'p@ss:word/1';
const QUEUED = 'OK: queued as 4Xy7';

export class MailRelay {
  /** Messages that came whole, taken or not. */
  readonly received: Mail[] = [];
  /** Every recipient that was named, taken or not. */
  readonly recipients: string[] = [];
  readonly logins: string[] = [];
  /** What is not taken, and how it is answered instead. */
  replies: { login?: number; sender?: number; recipient?: number; message?: Reply } = {};
  port = 0;
  private server = new SMTPServer(this.options());

  get url(): string {
    return `smtp://${USER}:${encodeURIComponent(PASSWORD)}@127.0.0.1:${this.port}`;
  }

  get connections(): number {
    return this.server.connections.size;
  }

  /** On the port it had before, so that it can go away and come back. */
  async start(): Promise<void> {
    this.server = new SMTPServer(this.options());
    this.server.on('error', () => undefined);
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server.server, 'listening');
    this.port = (this.server.server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    await new Promise<void>((resolve) => this.server.close(resolve));
  }

  private options(): SMTPServerOptions {
    return {
      // Without a certificate of its own it speaks in the clear.
      disabledCommands: ['STARTTLS'],
      disableReverseLookup: true,
      closeTimeout: 1,
      onAuth: ({ username, password }, _, callback) => {
        this.logins.push(username ?? '');
        const known = username === USER && password === PASSWORD;
        if (known && this.replies.login === undefined) callback(null, { user: username });
        else callback(refusal(this.replies.login ?? 535));
      },
      onMailFrom: (_from, _session, callback) => answer(this.replies.sender, callback),
      onRcptTo: ({ address }, _, callback) => {
        this.recipients.push(address);
        answer(this.replies.recipient, callback);
      },
      onData: (stream, session, callback) => {
        const chunks: Buffer[] = [];
        stream.on('data', (chunk: Buffer) => chunks.push(chunk));
        stream.on('end', () => {
          this.received.push(read(Buffer.concat(chunks).toString(), session));
          answer(this.replies.message, callback);
        });
      },
    };
  }
}

function answer(reply: Reply | undefined, callback: Callback): void {
  if (reply === undefined) callback(null, QUEUED);
  else if (reply !== 'hang') callback(refusal(reply));
}

function refusal(responseCode: number): Error {
  return Object.assign(new Error('not today'), { responseCode });
}

function read(raw: string, { envelope }: SMTPServerSession): Mail {
  const end = raw.indexOf('\r\n\r\n');
  const unfolded = raw.slice(0, end).replace(/\r\n(?=[ \t])/g, '');
  const headers = Object.fromEntries(
    unfolded.split('\r\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
  const to = envelope.rcptTo.map(({ address }) => address);
  return { from, to, headers, text: decode(raw.slice(end + 4), headers) };
}

/** Quoted-printable and base64 as RFC 2045 has them, flowed lines as RFC 3676 has them. */
function decode(body: string, headers: Record<string, string>): string {
  const encoding = headers['content-transfer-encoding'];
  const flowed = headers['content-type']?.includes('format=flowed') === true;
  let text = body;
  if (encoding === 'base64') text = Buffer.from(body, 'base64').toString();
  if (encoding === 'quoted-printable') {
    const bytes = body
      .replace(/=\r\n/g, '')
      .replace(/=([0-9A-F]{2})/g, (_, hex) => String.fromCharCode(parseInt(hex, 16)));
    text = Buffer.from(bytes, 'latin1').toString();
  }
  return (flowed ? text.replace(/ \r\n/g, ' ') : text).replaceAll('\r\n', '\n').trim();
}
