/**
 * Decides when a stored event is sent and sent again: at least once, oldest first, several at a time, for about an hour.
 * Only sends what is committed; what a crash interrupts is sent again.
 */
import { createHmac } from 'node:crypto';
import type { Clock } from './clock.js';
import type { Faults } from './faults.js';
import type { Store } from './store.js';

const IN_PARALLEL = 32;
const ANSWER_WITHIN_MS = 5_000;
const LOOK_EVERY_MS = 250;
const RETRY_AFTER_SECONDS = [1, 5, 30];
const THEN_EVERY_SECONDS = 60;
const ATTEMPTS = RETRY_AFTER_SECONDS.length + 60;

interface Delivery {
  event_id: string;
  attempts: number;
  body: unknown;
}

export class WebhookSender {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> | undefined;
  private again = false;
  private stopped = false;

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly faults: Faults,
    private readonly secret: string,
    private url: string | undefined,
  ) {}

  get wanted(): boolean {
    return this.url !== undefined;
  }

  setUrl(url: string | undefined): void {
    this.url = url;
    this.wake();
  }

  start(): void {
    this.timer = setInterval(() => this.wake(), LOOK_EVERY_MS);
    this.timer.unref();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearInterval(this.timer);
    await this.running;
  }

  wake(): void {
    if (this.stopped) return;
    this.again = true;
    if (this.running !== undefined) return;
    // A database that is away for a moment is asked again at the next look.
    this.running = this.sendAllDue()
      .catch(() => undefined)
      .finally(() => {
        this.running = undefined;
      });
  }

  private async sendAllDue(): Promise<void> {
    while (this.again && !this.stopped) {
      this.again = false;
      if (this.url === undefined) await this.skipAll();
      else if (await this.sendBatch(this.url)) this.again = true;
    }
  }

  private async skipAll(): Promise<void> {
    await this.store.pool.query("update deliveries set state = 'skipped' where state = 'pending' and due_at <= now()");
  }

  private async sendBatch(url: string): Promise<boolean> {
    const due = await this.store.pool.query<Delivery>(
      `select event_id, attempts, body from deliveries join objects on id = event_id
       where state = 'pending' and due_at <= now() order by deliveries.seq limit ${IN_PARALLEL}`,
    );
    const sent = await Promise.all(due.rows.map((delivery) => this.send(url, delivery)));
    const delivered = due.rows.filter((_, index) => sent[index]).map((delivery) => delivery.event_id);
    if (delivered.length > 0) {
      const text = "update deliveries set state = 'delivered', attempts = attempts + 1 where event_id = any($1)";
      await this.store.pool.query(text, [delivered]);
    }
    for (const failed of due.rows.filter((_, index) => !sent[index])) await this.postpone(failed);
    return due.rows.length === IN_PARALLEL;
  }

  private async send(url: string, delivery: Delivery): Promise<boolean> {
    const payload = JSON.stringify(delivery.body);
    const answers = [await this.post(url, payload)];
    if (this.faults.state.duplicateWebhooks) answers.push(await this.post(url, payload));
    return answers.every((answered) => answered);
  }

  private async post(url: string, payload: string): Promise<boolean> {
    const at = this.clock.machineSeconds();
    const signature = createHmac('sha256', this.secret).update(`${at}.${payload}`).digest('hex');
    try {
      const answer = await fetch(url, {
        method: 'POST',
        body: payload,
        headers: { 'Content-Type': 'application/json', 'Stripe-Signature': `t=${at},v1=${signature}` },
        redirect: 'manual',
        signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
      });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }

  private async postpone(delivery: Delivery): Promise<void> {
    const waitSeconds = RETRY_AFTER_SECONDS[delivery.attempts] ?? THEN_EVERY_SECONDS;
    const state = delivery.attempts + 1 < ATTEMPTS ? 'pending' : 'abandoned';
    await this.store.pool.query(
      `update deliveries set state = $2, attempts = attempts + 1, due_at = now() + $3 * interval '1 second'
       where event_id = $1`,
      [delivery.event_id, state, waitSeconds],
    );
  }
}
