/**
 * Carries out in batches what comes one by one. Items that come while batches are under way make the next batch; an item
 * that comes alone is a batch of one and waits for nothing. No id is in two batches at once.
 */
export class Batches<T extends { id: string }> {
  private waiting: T[] = [];
  private readonly underWay = new Set<string>();
  private batches = 0;

  constructor(
    private readonly limits: { size: number; atOnce: number },
    /** Never rejects. */
    private readonly carryOut: (batch: T[]) => Promise<void>,
  ) {}

  add(item: T): void {
    this.waiting.push(item);
    setImmediate(() => this.next());
  }

  private next(): void {
    if (this.batches >= this.limits.atOnce) return;
    const batch: T[] = [];
    const later: T[] = [];
    for (const item of this.waiting) {
      const taken = batch.length < this.limits.size && !this.underWay.has(item.id);
      (taken ? batch : later).push(item);
      if (taken) this.underWay.add(item.id);
    }
    this.waiting = later;
    if (batch.length === 0) return;
    this.batches += 1;
    void this.carryOut(batch).finally(() => {
      this.batches -= 1;
      for (const { id } of batch) this.underWay.delete(id);
      this.next();
    });
  }
}
