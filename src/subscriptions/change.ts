/**
 * One locked subscription while it is being changed: its facts as read under the lock, and the only ways to alter them.
 * It lives inside `ChangeSubscription`, which saves it.
 */
import { moveCharge, type ChargeMove } from '../domain/charge-progress.js';
import type { EndReason } from '../domain/end-reason.js';
import { makeMove, type MoveName } from '../domain/moves.js';
import type { Actor, Subscription, Term } from '../domain/subscription.js';
import type { DataOf, TimelineData, TimelineEventName } from '../domain/timeline-event.js';
import type { Tx } from '../platform/database/tx.js';
import { newId } from '../platform/ids.js';
import type { TimelineLine } from './timeline.store.js';

export class Change {
  readonly lines: TimelineLine[] = [];
  private readonly made: MoveName[] = [];
  private readonly afterCommit: (() => void)[] = [];

  constructor(
    readonly tx: Tx,
    readonly subscription: Subscription,
    readonly terms: Term[],
    /** Business time, taken after the lock. */
    readonly now: Date,
    readonly actor: Actor,
  ) {}

  get lastTerm(): Term | null {
    return this.terms.at(-1) ?? null;
  }

  /** Makes the move, or refuses `not_allowed_in_state`. */
  move(name: MoveName): void {
    this.subscription.status = makeMove(name, this.subscription.status, this.actor);
    this.made.push(name);
  }

  hasMade(name: MoveName): boolean {
    return this.made.includes(name);
  }

  /** Ends the subscription for good; nothing is due or awaited any more. */
  end(name: MoveName, reason: EndReason): void {
    this.move(name);
    Object.assign(this.subscription, { endedAt: this.now, endReason: reason });
    this.moveCharge({ name: 'close' });
  }

  /** Moves the charge for the next term on (`domain/charge-progress.ts`). */
  moveCharge(move: ChargeMove): void {
    Object.assign(this.subscription, moveCharge(this.subscription, move));
  }

  /** Runs when the change is safe in the database, such as waking the worker that carries it on. */
  onCommit(act: () => void): void {
    this.afterCommit.push(act);
  }

  committed(): void {
    for (const act of this.afterCommit) act();
  }

  /** Returns the id of the line, which is also that of the event others are told. */
  record<Name extends TimelineEventName>(
    event: Name,
    clause: string | null,
    explanation: string,
    ...[data]: DataOf<Name>
  ): string {
    const id = newId();
    const line = { id, at: this.now, actor: this.actor, event, clause, explanation, data: data ?? {} };
    // The name and its data were checked together above.
    this.lines.push(line as TimelineLine);
    return id;
  }

  /** What this change has recorded under a name, if it has. */
  recorded<Name extends TimelineEventName>(event: Name): TimelineData[Name] | null {
    const line = this.lines.find((one) => one.event === event);
    return (line?.data as TimelineData[Name] | undefined) ?? null;
  }
}
