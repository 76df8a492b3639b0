/** The job of transfers whose instant has come: each is carried out batch by batch, one transfer after the other. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { JobRunner } from '../platform/jobs/job-runner.js';
import { CarryOutTransfer } from './carry-out-transfer.js';

// One after the other: a later transfer may go on from where an earlier one arrives.
const NEXT = `done_at is null and not exists (
  select from entity_transfers earlier where earlier.done_at is null
    and (earlier.effective_at, earlier.id) < (entity_transfers.effective_at, entity_transfers.id))`;

@Injectable()
export class TransferEntityProcessor implements OnModuleInit {
  constructor(
    private readonly jobs: JobRunner,
    private readonly carryOut: CarryOutTransfer,
  ) {}

  onModuleInit(): void {
    this.jobs.register({
      name: 'transfer_entity',
      table: 'entity_transfers',
      where: NEXT,
      dueAt: 'effective_at',
      perform: (id) => this.carryOut.carryOut(id),
    });
  }
}
