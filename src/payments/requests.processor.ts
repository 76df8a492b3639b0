/** The duties that move gateway requests on: send what is intended, ask for what is unknown or waits. */
import { Injectable, type OnModuleInit } from '@nestjs/common';
import { DutyRunner } from '../platform/duty-runner.js';
import { QUERY, RequestStore, SUBMIT } from './request.store.js';
import { SubmitRequest } from './submit-request.js';

@Injectable()
export class RequestsProcessor implements OnModuleInit {
  constructor(
    private readonly runner: DutyRunner,
    private readonly requests: RequestStore,
    private readonly submit: SubmitRequest,
  ) {}

  onModuleInit(): void {
    this.runner.register({
      name: SUBMIT,
      claim: (max) => this.requests.claimMoving(max),
      perform: (id, redelivered) => this.submit.run(id, redelivered),
    });
    this.runner.register({
      name: QUERY,
      claim: (max) => this.requests.claimToAsk(max),
      perform: async (id) => {
        await this.submit.ask(id);
      },
    });
  }
}
