/**
 * A market's policy numbers (rules 1): what the agreement leaves open per country, and what a stored version that is older
 * than a number means by it. Where each number comes from is kept beside it in the pack's file.
 */
export interface PolicyNumbers {
  /** IANA time zone of calendar days. */
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
  /** Calendar days before its end at which a trial is announced, most first. */
  trialNoticeDays: readonly number[];
  /** Calendar days before its end at which a renewal is announced, most first. */
  renewalNoticeDays: readonly number[];
  /** A renewal is charged only after a proven notice so many calendar days before it, both included; null = always. */
  renewalRequiresNotice: { minDays: number; maxDays: number } | null;
  /** Hours after the first failure at which a soft decline is tried again, rising (5.1). */
  dunningRetryHours: readonly number[];
  /** Days after the first failure at which an overdue fee is given up (5.1). */
  dunningDays: number;
  /** Calendar days of the market's zone within which a refund must be paid; null = no law says. */
  refundDeadlineDays: number | null;
}

/** What a pack means that does not say: the agreement's own numbers, and this product's where it is silent. */
const DEFAULTS: PolicyNumbers = {
  timeZone: 'UTC',
  trialDays: 30,
  paidTermDays: 365,
  cancellationPeriodDays: 0,
  coolingOff: 'first_paid_term',
  benefitDeduction: 'none',
  startedDay: 'left',
  trialConversionConsent: 'implied',
  renewalGraceDays: 7,
  conversionGraceDays: 0,
  priceNoticeDays: 30,
  trialNoticeDays: [7, 3],
  renewalNoticeDays: [40, 7],
  renewalRequiresNotice: null,
  dunningRetryHours: [12, 24, 48, 96, 168],
  dunningDays: 7,
  refundDeadlineDays: null,
};

/** One dated, versioned set of a market's policy numbers. */
export interface RulePack extends PolicyNumbers {
  country: string;
  version: number;
  effectiveFrom: Date;
}

/** As stored: each number with its source, and only those its version knew. */
export interface StoredRulePack {
  country: string;
  version: number;
  effectiveFrom: Date;
  numbers: Readonly<Record<string, { value: unknown } | undefined>>;
}

/** The pack the law works with. Throws for a number it does not know: a newer build has published it. */
export function parseRulePack({ country, version, effectiveFrom, numbers }: StoredRulePack): RulePack {
  const unknown = Object.keys(numbers).filter((name) => !(name in DEFAULTS));
  if (unknown.length > 0)
    throw new Error(`rule pack ${country} ${version} has ${unknown.join(', ')}: this build is older`);
  const values = Object.entries(numbers).map(([name, number]) => [name, number?.value ?? null] as const);
  // Its form was checked when it was published.
  const said = Object.fromEntries(values) as Partial<PolicyNumbers>;
  return { ...DEFAULTS, ...said, country, version, effectiveFrom };
}

/** What does not fit together in a pack, one sentence each with the number's name; empty when all does. */
export function contradictionsOf(pack: PolicyNumbers): { path: string; message: string }[] {
  const { dunningRetryHours: retries, dunningDays } = pack;
  const last = retries.at(-1) ?? 0;
  const message = `the last retry, ${last} hours after the first failure, comes after the fee is given up at ${dunningDays} days`;
  return last > dunningDays * 24 ? [{ path: 'numbers.dunningRetryHours', message }] : [];
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
