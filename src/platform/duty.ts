/**
 * A duty is work that PostgreSQL says is due: a sweep claims ids for a while, jobs carry them, and each is performed on
 * its own row. Claims only spread the work; whether an id is still due is read again under its lock.
 */
export interface Duty {
  readonly name: string;
  /** Ids that are due now and claimed for half a minute; fewer than `max` means that was all. */
  claim(max: number): Promise<string[]>;
  /** Does the work of one id, or finds it done. `redelivered`: a worker died on this very job. */
  perform(id: string, redelivered: boolean): Promise<void>;
}

/** How long a claim keeps other sweeps away; after it, work a dead worker held is handed out again. */
export const CLAIM_SECONDS = 30;
