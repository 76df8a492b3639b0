/** The duty of transfers whose instant has come: each is carried out batch by batch, one transfer after the other. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { TransferStore } from '../entities/transfer.store.js';
import { DutyRunner } from '../platform/duty-runner.js';
import { CarryOutTransfer } from './carry-out-transfer.js';

@Injectable()
export class TransferEntityProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly transfers: TransferStore,
    private readonly carryOut: CarryOutTransfer,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: 'transfer_entity',
      claim: (max) => this.transfers.claimDue(max),
      perform: (id) => this.carryOut.run(id),
    });
  }
}
