/**
 * Decides what happens by itself some time after a call, in business time: a refund that stays pending arrives or fails, a
 * payment is disputed. It is looked at when the clock is told and now and then; each act is committed with its events.
 */
import type { Clock } from './clock.js';
import { createIssuerWarning, openDispute } from './disputes.js';
import { executeOnce } from './execute-once.js';
import type { Faults } from './faults.js';
import { failRefund, succeedRefund } from './refunds.js';
import type { Store, StoredObject } from './store.js';
import type { LaterAct } from './test-cards.js';
import { newId, type UnitOfWork } from './unit-of-work.js';
import type { WebhookSender } from './webhook-sender.js';

interface Due {
  object_id: string;
  act: LaterAct;
}

const AT_ONCE = 100;

const ACTS: Record<LaterAct, (unit: UnitOfWork, id: string) => Promise<StoredObject>> = {
  refund_arrives: succeedRefund,
  refund_fails: failRefund,
  dispute: (unit, id) => openDispute(unit, { paymentIntent: id, amountMinor: undefined, reason: 'fraudulent' }),
  inquiry: (unit, id) =>
    openDispute(unit, { paymentIntent: id, amountMinor: undefined, reason: 'fraudulent', isInquiry: true }),
  fraud_warning: createIssuerWarning,
};

export class Later {
  private running: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly clock: Clock,
    private readonly faults: Faults,
    private readonly webhooks: WebhookSender,
  ) {}

  /** Does what is due; one look at a time. */
  look(): Promise<void> {
    this.running = this.running.then(() => this.doDue()).catch(() => undefined);
    return this.running;
  }

  private async doDue(): Promise<void> {
    const { rows } = await this.store.pool.query<Due>(
      `select object_id, act from later where due <= $1 order by due limit ${AT_ONCE}`,
      [this.clock.businessSeconds()],
    );
    for (const due of rows) await this.perform(due);
    if (rows.length > 0) this.webhooks.wake();
  }

  /** What somebody else has brought about meanwhile is refused, and forgotten. */
  private async perform({ object_id: id, act }: Due): Promise<void> {
    const { dropWebhooks, webhookDelayMs: delayMs } = this.faults.state;
    const call = {
      now: this.clock.businessSeconds(),
      requestId: newId('req'),
      key: undefined,
      delivery: { wanted: this.webhooks.wanted && !dropWebhooks, delayMs },
      faults: { failRefund: false, pendingRefund: false, processing: false },
      subject: act,
    };
    await executeOnce(this.store, call, (unit) => ACTS[act](unit, id)).catch(() => undefined);
    await this.store.pool.query('delete from later where object_id = $1 and act = $2', [id, act]);
  }
}
