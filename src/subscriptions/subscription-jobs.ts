/**
 * Jobs whose work is a change of one subscription: each row is decided again under the subscription's lock, and only when
 * it is still due by then. What the change does is the flow's.
 */
import { Injectable } from '@nestjs/common';
import type { DueMove } from '../domain/subscription.js';
import { DueWork } from '../platform/jobs/due-work.js';
import { JobRunner } from '../platform/jobs/job-runner.js';
import type { Job } from '../platform/jobs/job.js';
import { ChangeSubscription } from './change-subscription.js';
import type { Change } from './change.js';

type Act = (change: Change, id: string) => Promise<void>;

@Injectable()
export class SubscriptionJobs {
  constructor(
    private readonly jobs: JobRunner,
    private readonly dueWork: DueWork,
    private readonly changeSubscription: ChangeSubscription,
  ) {}

  /** `subscriptionOf`: whose row of the job's table it is; without it, the rows are subscriptions. */
  register(job: Omit<Job, 'perform'>, act: Act, subscriptionOf?: (id: string) => Promise<string>): void {
    const perform = async (id: string): Promise<void> => {
      const subscriptionId = subscriptionOf === undefined ? id : await subscriptionOf(id);
      await this.changeSubscription.change(subscriptionId, 'scheduler', async (change) => {
        if (await this.dueWork.isStillDue(change.tx, job.name, id, change.now)) await act(change, id);
      });
    };
    this.jobs.register({ ...job, perform });
  }

  /** What time itself does to a subscription next; the law says which move, and when (`domain/due.ts`). */
  registerMove(move: DueMove, act: (change: Change) => Promise<void>): void {
    this.register({ name: move, table: 'subscriptions', where: `due_move = '${move}'`, dueAt: 'due_at' }, act);
  }
}
