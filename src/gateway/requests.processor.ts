/** The jobs that move gateway requests on: send what is intended, ask for what is unknown, under way or waits. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { QUERY, SUBMIT } from './request.store.js';
import { SubmitRequest } from './submit-request.js';

@Injectable()
export class RequestsProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly submitRequest: SubmitRequest,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: SUBMIT,
      table: 'gateway_requests',
      // Intended ones nobody sends, and submitted ones whose worker went silent.
      where: `status in ('intended', 'submitted')`,
      dueAt: `coalesce(send_at, '-infinity')`,
      heldUntil: 'lease_until',
      perform: (id, redelivered) => this.submitRequest.submit(id, redelivered),
    });
    this.jobs.register({
      name: QUERY,
      table: 'gateway_requests',
      // Without an answer, under way, or waiting for the member: a lost webhook must not lose a payment.
      where: `next_query_at is not null and status not in ('intended', 'submitted')`,
      dueAt: 'next_query_at',
      heldUntil: 'lease_until',
      perform: async (id) => {
        await this.submitRequest.ask(id);
      },
    });
  }
}
