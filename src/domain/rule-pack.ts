/**
 * A market's policy numbers (rules 1): what the agreement leaves open per country. Read-only data for the law; where
 * each number comes from is kept beside it in the pack's file.
 */
export interface RulePack {
  country: string;
  version: number;
  effectiveFrom: Date;
  timeZone: string;
  trialDays: number;
  paidTermDays: number;
  /** Calendar days of the market's zone; 0 = no unconditional cancellation. */
  cancellationPeriodDays: number;
  coolingOff: 'first_paid_term' | 'every_paid_term';
  benefitDeduction: 'none' | 'value_used' | 'time_used';
  startedDay: 'left' | 'used';
  trialConversionConsent: 'implied' | 'explicit';
  renewalGraceDays: number;
  conversionGraceDays: number;
  priceNoticeDays: number;
  /** A renewal is charged only after a proven notice so many calendar days before it, both included. */
  renewalRequiresNotice?: { minDays: number; maxDays: number };
  /** Calendar days of the market's zone within which a refund must be paid; absent = no law says. */
  refundDeadlineDays?: number;
}

/** Whether a paid term of this pack opens an unconditional cancellation period (3.4.1). */
export function hasCancellationPeriod(pack: RulePack, firstPaidTerm: boolean): boolean {
  return pack.cancellationPeriodDays > 0 && (pack.coolingOff === 'every_paid_term' || firstPaidTerm);
}

/**
 * The one in force at an instant: of those effective by then, the latest. Prices, rule packs and agreements all follow
 * this rule (3.1.3, 8.1).
 */
export function inForceAt<T extends { effectiveFrom: Date }>(dated: readonly T[], at: Date): T | null {
  return dated
    .filter((one) => one.effectiveFrom <= at)
    .reduce<T | null>((best, one) => (best === null || one.effectiveFrom >= best.effectiveFrom ? one : best), null);
}
