/**
 * From when what operations publishes may count (3.1.3, 8.1): a price that follows another only after the market's
 * notice, nothing for an instant that has passed, and never for one that is taken.
 */
export type PublishingFault = 'in_the_past' | 'instant_taken' | 'notice_too_short';

export interface PublishingFacts {
  now: Date;
  effectiveFrom: Date;
  /** When the others of its kind take effect, past and future. */
  taken: readonly Date[];
  /** First instant a notice leaves open; null where none is owed. */
  noticeUntil: Date | null;
}

/** Why this cannot be published; null when it can. A notice that ends at the very instant is long enough. */
export function judgePublishing({ now, effectiveFrom, taken, noticeUntil }: PublishingFacts): PublishingFault | null {
  if (noticeUntil !== null && effectiveFrom < noticeUntil) return 'notice_too_short';
  if (effectiveFrom < now) return 'in_the_past';
  return taken.some((at) => at.getTime() === effectiveFrom.getTime()) ? 'instant_taken' : null;
}
