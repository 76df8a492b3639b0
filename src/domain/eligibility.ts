/**
 * Who may join (1.3, 3.1.1): users whom risk recorded as good. Silence is not good standing.
 */
export const STANDINGS = ['good', 'integrity_violation', 'malicious'] as const;
export type Standing = (typeof STANDINGS)[number];

export interface EligibilityDecision {
  eligible: boolean;
  /** Why not; null when eligible. */
  reason: 'unknown_user' | 'integrity_violation' | 'malicious' | null;
  clause: '3.1.1';
}

export function decideEligibility(standing: Standing | null): EligibilityDecision {
  if (standing === 'good') return { eligible: true, reason: null, clause: '3.1.1' };
  return { eligible: false, reason: standing ?? 'unknown_user', clause: '3.1.1' };
}

/** A trial is for new users only: nobody who ever had a trial or paid term, in any market (3.2.1). */
export function decideTrialAvailability(wasMember: boolean): { available: boolean; reason: 'not_new' | null } {
  return wasMember ? { available: false, reason: 'not_new' } : { available: true, reason: null };
}
