/**
 * What a notice of a gateway leads to: never its own word, only a question. The gateway is asked for the request, or for
 * what else the notice is about, so a late, doubled or reordered one can never overwrite what is newer.
 */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { IsNull } from 'typeorm';
import { HOUR_MS, MINUTE_MS, plusMs } from '../domain/instant.js';
import { Database } from '../platform/database/database.js';
import { newId } from '../platform/ids.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { Clock } from '../platform/time/clock.js';
import { EventHandlers } from './event-handlers.js';
import { GatewayEventEntity, type GatewayRequestEntity } from './gateway-request.entity.js';
import type { GatewayNotice } from './outcome.js';
import { RequestStore } from './request.store.js';
import { SubmitRequest } from './submit-request.js';

const APPLY = 'apply_event';

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

  /** Keeps a notice, once however often it comes, and wakes a worker. */
  async keep(gateway: string, notice: GatewayNotice): Promise<void> {
    const { id: gatewayEventId, type, about, objectId, reference, repeats } = notice;
    const id = newId();
    const payload = { reference, repeats };
    const receivedAt = await this.clock.now();
    const kept = { id, gateway, gatewayEventId, type, about, objectId, payload, receivedAt };
    await this.database.reader.insert(GatewayEventEntity, kept, 'ignore');
    this.jobs.enqueue(APPLY, [id]);
  }

  private async apply(id: string): Promise<void> {
    const event = await this.database.reader.findOne(GatewayEventEntity, { id, appliedAt: IsNull() });
    if (event === null) return;
    const applied = await this.ask(event);
    const now = await this.clock.now();
    if (applied) await this.database.reader.set(GatewayEventEntity, { id }, { appliedAt: now });
    else await this.askAgainLater(event, now);
  }

  private async ask({ gateway, about, objectId, payload }: GatewayEventEntity): Promise<boolean> {
    const { reference, repeats } = payload;
    const request = await this.requestOf(gateway, about, objectId, reference);
    if (request !== null && about !== 'dispute' && about !== 'fraud_warning') {
      return this.askForRequest(request, repeats);
    }
    const handler = this.handlers.of(about);
    return handler === null || handler.apply(gateway, objectId);
  }

  /** By our reference; what others have made at the gateway carries none, and goes by its id. */
  private async requestOf(
    gateway: string,
    about: GatewayNotice['about'],
    objectId: string,
    reference: string | null,
  ): Promise<GatewayRequestEntity | null> {
    const named = reference === null ? null : await this.requests.findByReference(reference);
    if (named !== null || about !== 'refund') return named;
    return this.requests.findByGatewayId(this.database.reader, gateway, objectId);
  }

  private async askForRequest(request: GatewayRequestEntity, repeats: GatewayNotice['repeats']): Promise<boolean> {
    const answered = request.status === repeats || (await this.submitRequest.ask(request.id));
    // Open requests are asked for anyway; only of a decided one is this event the last word.
    return answered || request.decidedAt === null;
  }

  private async askAgainLater({ id, attempts }: GatewayEventEntity, now: Date): Promise<void> {
    const delayMs = Math.min(2 ** attempts * MINUTE_MS, HOUR_MS);
    const again = { attempts: attempts + 1, nextAttemptAt: plusMs(now, delayMs), claimedUntil: null };
    await this.database.reader.set(GatewayEventEntity, { id }, again);
  }
}
