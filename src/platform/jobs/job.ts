/**
 * A job is work that PostgreSQL says is due, declared once: which rows wait for it, and since when each is due. The claim,
 * what metrics and the test clock count, and whether a row is still due under its lock are all made from the declaration.
 */
export interface Job {
  readonly name: string;
  /** A table with the columns `id` and `claimed_until`. */
  readonly table: string;
  /** SQL over its columns: the rows that wait for this job, now or later. */
  readonly where: string;
  /** SQL over its columns: the business time a row is due at. Without it, and where it is `-infinity`, at once. */
  readonly dueAt?: string;
  /** A column of machine time until which a worker holds the row; until then it is due, but nobody's to claim. */
  readonly heldUntil?: string;
  /** How many rows may be claimed at one time, over all workers; without it, as many as there are. */
  readonly underWayMax?: number;
  /** How many rows one poll claims; without it, as many as are due. */
  readonly perPollMax?: number;
  /** Does the work of one row, or finds it done. `redelivered`: the worker that had it is known to be dead. */
  perform(id: string, redelivered: boolean): Promise<void>;
}

/** How long a claim keeps other polls away; after it, work a dead worker held is handed out again. */
export const CLAIM_SECONDS = 30;
