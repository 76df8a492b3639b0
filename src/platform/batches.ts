/**
 * Carries out in batches what comes one by one: whatever comes while others are under way goes together, next. It waits
 * for nothing: where little comes, a batch is of one.
 */
export class Batches<T extends { id: string }> {
  private waiting: T[] = [];
  private underWay = 0;

  constructor(
    private readonly limits: { size: number; atOnce: number },
    /** Never rejects; no id is twice in one batch. */
    private readonly carryOut: (batch: T[]) => Promise<void>,
  ) {}

  add(item: T): void {
    this.waiting.push(item);
    setImmediate(() => this.next());
  }

  private next(): void {
    if (this.underWay >= this.limits.atOnce || this.waiting.length === 0) return;
    const batch = new Map<string, T>();
    const later: T[] = [];
    for (const item of this.waiting) {
      if (batch.size < this.limits.size && !batch.has(item.id)) batch.set(item.id, item);
      else later.push(item);
    }
    this.waiting = later;
    this.underWay += 1;
    void this.carryOut([...batch.values()]).finally(() => {
      this.underWay -= 1;
      this.next();
    });
  }
}
