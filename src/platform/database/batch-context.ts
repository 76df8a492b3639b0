/**
 * What changes that share a transaction ask of the same kind is asked in one statement for all of them. It decides when a
 * statement is sent, never what it says.
 */
import DataLoader from 'dataloader';

/** Asks for many at once and answers in the order asked, or writes them and answers nothing. */
export type AskMany<A, R> = (asked: readonly A[]) => Promise<readonly R[]> | Promise<void>;

export class BatchContext {
  private readonly loaders = new Map<unknown, unknown>();

  /** `kind`: the same for all that can be asked together, such as a function or a statement's name. */
  join<A, R>(kind: unknown, askMany: AskMany<A, R>, asked: A): Promise<R> {
    const known = this.loaders.get(kind) as DataLoader<A, R> | undefined;
    if (known !== undefined) return known.load(asked);
    const loader = new DataLoader<A, R>(async (all) => (await askMany(all)) ?? all.map(() => undefined as R), {
      cache: false,
      // Asked when everybody who could go on has come to wait for the database.
      batchScheduleFn: setImmediate,
    });
    this.loaders.set(kind, loader);
    return loader.load(asked);
  }
}
