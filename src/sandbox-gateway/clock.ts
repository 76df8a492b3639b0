/**
 * Decides what time it is. Business time dates the objects and stands still once a test has set it; machine time signs
 * webhooks and is never moved. No other file of the sandbox asks the machine for the time.
 */
export class Clock {
  private businessInstant: Date | undefined;

  setBusinessTime(instant: Date): void {
    this.businessInstant = instant;
  }

  /** Unix seconds, as Stripe dates its objects. */
  businessSeconds(): number {
    return Math.floor((this.businessInstant?.getTime() ?? Date.now()) / 1000);
  }

  machineSeconds(): number {
    return Math.floor(Date.now() / 1000);
  }
}

export function parseInstant(text: unknown): Date | undefined {
  if (typeof text !== 'string' || !/^\d{4}-\d{2}-\d{2}/.test(text)) return undefined;
  const instant = new Date(text);
  return Number.isNaN(instant.getTime()) ? undefined : instant;
}

export function isoInstant(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString();
}
