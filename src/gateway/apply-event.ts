/**
 * What a gateway event leads to: never its own word, only a question. The gateway is asked for the request, or the
 * dispute, the event is about, so a late, doubled or reordered event can never overwrite what is newer.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { HOUR_MS, MINUTE_MS, plusMs } from '../domain/instant.js';
import { Database } from '../platform/database/database.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { Clock } from '../platform/time/clock.js';
import { EventHandlers } from './event-handlers.js';
import { GatewayEventEntity, type RequestStatus } from './gateway-request.entity.js';
import { RequestStore } from './request.store.js';
import { SubmitRequest } from './submit-request.js';

const APPLY = 'apply_event';
const REFERENCE_FORM = /^(charge|validation|refund)_[\w-]{1,200}$/;

export interface GatewayEvent {
  id: string;
  type: string;
  data: { object: { id?: string; metadata?: Record<string, unknown> | null } };
}

@Injectable()
export class ApplyEvent implements OnModuleInit {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly jobs: JobRunner,
    private readonly requests: RequestStore,
    private readonly submitRequest: SubmitRequest,
    private readonly handlers: EventHandlers,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: APPLY,
      table: 'gateway_events',
      where: 'applied_at is null',
      dueAt: `coalesce(next_attempt_at, '-infinity')`,
      perform: (id) => this.apply(id),
    });
  }

  /** Keeps an event, once however often it comes, and wakes a worker. */
  async keep(event: GatewayEvent): Promise<void> {
    const { id, type, data } = event;
    const kept = {
      id,
      type,
      objectId: data.object.id ?? '',
      payload: { reference: referenceOf(data.object.metadata) },
      receivedAt: await this.clock.now(),
    };
    await this.database.reader.insert(GatewayEventEntity, kept, 'ignore');
    this.jobs.enqueue(APPLY, [id]);
  }

  private async apply(id: string): Promise<void> {
    const event = await this.database.reader.findOne(GatewayEventEntity, { id, appliedAt: IsNull() });
    if (event === null) return;
    const handler = this.handlers.of(event.type);
    const applied = handler === null ? await this.askForRequest(event) : await handler.apply(event.objectId);
    const now = await this.clock.now();
    if (applied) await this.database.reader.set(GatewayEventEntity, { id }, { appliedAt: now });
    else await this.askAgainLater(event, now);
  }

  private async askForRequest({ type, payload }: GatewayEventEntity): Promise<boolean> {
    const { reference } = payload as { reference: string | null };
    const request = reference === null ? null : await this.requests.findByReference(reference);
    const oldNews = request !== null && isOldNews(type, request.status);
    const answered = request === null || oldNews || (await this.submitRequest.ask(request.id));
    // Open requests are asked for anyway; only of a decided one is this event the last word.
    return answered || request.decidedAt === null;
  }

  private async askAgainLater({ id, attempts }: GatewayEventEntity, now: Date): Promise<void> {
    const delayMs = Math.min(2 ** attempts * MINUTE_MS, HOUR_MS);
    const again = { attempts: attempts + 1, nextAttemptAt: plusMs(now, delayMs), claimedUntil: null };
    await this.database.reader.set(GatewayEventEntity, { id }, again);
  }
}

/** Only a reference this service could have written is looked up. */
function referenceOf(metadata: Record<string, unknown> | null | undefined): string | null {
  const reference = metadata?.reference;
  return typeof reference === 'string' && REFERENCE_FORM.test(reference) ? reference : null;
}

/** The event says what is known already. */
function isOldNews(type: string, status: RequestStatus): boolean {
  if (status === 'succeeded') return !/failed|refund\.updated/.test(type);
  return status === 'failed' && /failed$|canceled$/.test(type);
}
