/** The duties that move gateway requests on: send what is intended, ask for what is unknown, take back what is not wanted. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DutyRunner } from '../platform/duty-runner.js';
import { RequestKinds } from './request-kind.js';
import { QUERY, RequestStore, SUBMIT, WITHDRAW } from './request.store.js';
import { SettleRequest } from './settle-request.js';
import { SubmitRequest } from './submit-request.js';

@Injectable()
export class RequestsProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly requests: RequestStore,
    private readonly kinds: RequestKinds,
    private readonly submit: SubmitRequest,
    private readonly settle: SettleRequest,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: SUBMIT,
      claim: (max) => this.requests.claimMoving(max),
      perform: (id, redelivered) => this.submit.run(id, redelivered),
    });
    this.runner.register({
      name: QUERY,
      claim: (max) => this.requests.claimUnknown(max),
      perform: (id) => this.submit.ask(id),
    });
    this.runner.register({
      name: WITHDRAW,
      claim: (max) => this.requests.claimWithdrawn(max),
      perform: (id) => this.withdraw(id),
    });
  }

  private async withdraw(id: string): Promise<void> {
    const request = await this.requests.find(id);
    if (request?.status !== 'waiting_for_member' || !request.withdrawn) return;
    await this.settle.run(request, await this.kinds.of(request).withdraw(request));
  }
}
