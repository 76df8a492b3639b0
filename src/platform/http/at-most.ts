/**
 * Lets so many callers of this process at once do what holds a connection of the pool for as long as they take, and refuses
 * the next one with 429.
 */
import { RequestProblem } from './problem.js';

const RETRY_AFTER_SECONDS = '10';

export class AtMost {
  private underWay = 0;

  /** `doing`: what is told of those under way, as in `4 files are being downloaded already`. */
  constructor(
    private readonly max: number,
    private readonly code: string,
    private readonly doing: string,
  ) {}

  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.underWay >= this.max) {
      const detail = `${this.max} ${this.doing} already. Ask again in a moment.`;
      throw new RequestProblem(429, this.code, detail, undefined, { 'Retry-After': RETRY_AFTER_SECONDS });
    }
    this.underWay += 1;
    try {
      return await work();
    } finally {
      this.underWay -= 1;
    }
  }
}
