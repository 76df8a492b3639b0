/**
 * Trials of another length for some users (8.2). Among the offers that run at an instant, one that names the user comes
 * before one for everybody, and of two alike the one published later.
 */
export interface TrialOffer {
  id: string;
  days: number;
  /** Half-open: `[startsAt, endsAt)`. */
  startsAt: Date;
  endsAt: Date;
  /** Whether it is for named users only, the asking one among them. */
  named: boolean;
}

/** `offers`: those open to the user, oldest publication first. */
export function chooseTrialOffer(offers: readonly TrialOffer[], at: Date): TrialOffer | null {
  const running = offers.filter(({ startsAt, endsAt }) => startsAt <= at && at < endsAt);
  return running.filter(({ named }) => named).at(-1) ?? running.at(-1) ?? null;
}
