/**
 * Decides which misfortunes are switched on and how many are left. A counter counts down over the money-moving requests,
 * `true` counts for ever; what is left survives a restart. Never decides what a fault does to an answer.
 */
import type { Store } from './store.js';

const COUNTERS = [
  'captureThenTimeout',
  'timeoutBeforeCapture',
  'serverErrors',
  'storedErrors',
  'garbage',
  'rateLimit',
  'wrongAmount',
  'failRefunds',
  'pendingRefunds',
  'processingPayments',
  'conflicts',
] as const;
const RATES = ['serverErrorRate', 'garbageRate'] as const;
const DURATIONS = ['latencyMs', 'hangMs', 'webhookDelayMs'] as const;
const SWITCHES = ['duplicateWebhooks', 'dropWebhooks', 'unavailable', 'unauthorized', 'forbidden'] as const;

type Counter = (typeof COUNTERS)[number];
type Rate = (typeof RATES)[number];
export type FaultState = Record<Counter, number | true> &
  Record<Rate | (typeof DURATIONS)[number], number> &
  Record<(typeof SWITCHES)[number], boolean>;

const NONE: FaultState = {
  captureThenTimeout: 0,
  timeoutBeforeCapture: 0,
  serverErrors: 0,
  storedErrors: 0,
  garbage: 0,
  rateLimit: 0,
  wrongAmount: 0,
  failRefunds: 0,
  pendingRefunds: 0,
  processingPayments: 0,
  conflicts: 0,
  serverErrorRate: 0,
  garbageRate: 0,
  latencyMs: 0,
  hangMs: 0,
  webhookDelayMs: 0,
  duplicateWebhooks: false,
  dropWebhooks: false,
  unavailable: false,
  unauthorized: false,
  forbidden: false,
};

export class Faults {
  private saving: Promise<void> = Promise.resolve();

  private constructor(
    private readonly store: Store,
    private current: FaultState,
  ) {}

  static async load(store: Store): Promise<Faults> {
    return new Faults(store, { ...NONE, ...(await store.setting<FaultState>('faults')) });
  }

  get state(): Readonly<FaultState> {
    return this.current;
  }

  async replace(state: FaultState): Promise<void> {
    this.current = state;
    await this.save();
  }

  async take(counter: Counter): Promise<boolean> {
    const left = this.current[counter];
    if (left === true || left === 0) return left === true;
    this.current = { ...this.current, [counter]: left - 1 };
    await this.save();
    return true;
  }

  strikes(rate: Rate): boolean {
    return this.current[rate] > 0 && Math.random() < this.current[rate];
  }

  /** One save after the other, each of the newest state, so that no older count overwrites a newer one. */
  private save(): Promise<void> {
    this.saving = this.saving.catch(() => undefined).then(() => this.store.saveSetting('faults', this.current));
    return this.saving;
  }
}

/** What is absent is off. Answers what is wrong instead, if anything is. */
export function parseFaults(body: unknown): FaultState | string[] {
  if (typeof body !== 'object' || body === null || Array.isArray(body)) return ['the body must be a JSON object'];
  const wrong: string[] = [];
  const state: Record<string, unknown> = { ...NONE };
  for (const [name, value] of Object.entries(body)) {
    const problem = problemWith(name, value);
    if (problem !== undefined) wrong.push(problem);
    state[name] = value === false && includes(COUNTERS, name) ? 0 : value;
  }
  return wrong.length > 0 ? wrong : (state as FaultState);
}

function problemWith(name: string, value: unknown): string | undefined {
  const count = typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
  if (includes(COUNTERS, name)) {
    return count || typeof value === 'boolean' ? undefined : `${name} must be a count or a boolean`;
  }
  if (includes(RATES, name)) {
    const rate = typeof value === 'number' && value >= 0 && value <= 1;
    return rate ? undefined : `${name} must be a number from 0 to 1`;
  }
  if (includes(DURATIONS, name)) return count ? undefined : `${name} must be milliseconds`;
  if (includes(SWITCHES, name)) return typeof value === 'boolean' ? undefined : `${name} must be a boolean`;
  return `${name} is unknown`;
}

function includes(names: readonly string[], name: string): boolean {
  return names.includes(name);
}
