/**
 * What changes that share a transaction ask of the same kind is asked in one statement for all of them. In a transaction
 * of one change it is asked at once.
 */
import DataLoader from 'dataloader';
import type { EntityManager } from 'typeorm';

/** Answers in the order asked, or writes. The function itself is the kind: one and the same for everybody who asks it. */
type AskMany<A, R> = (tx: EntityManager, asked: readonly A[]) => Promise<readonly R[]> | Promise<void>;

type Loaders = Map<unknown, unknown>;

const shared = new WeakMap<EntityManager, Loaders>();

/** From now on several changes are decided in this transaction. */
export function shareStatements(tx: EntityManager): void {
  shared.set(tx, new Map());
}

export async function together<A, R = void>(tx: EntityManager, askMany: AskMany<A, R>, asked: A): Promise<R> {
  const loaders = shared.get(tx);
  if (loaders !== undefined) return loaderOf(tx, loaders, askMany).load(asked);
  const [answer] = (await askMany(tx, [asked])) ?? [];
  return answer as R;
}

function loaderOf<A, R>(tx: EntityManager, loaders: Loaders, askMany: AskMany<A, R>): DataLoader<A, R> {
  const known = loaders.get(askMany) as DataLoader<A, R> | undefined;
  if (known !== undefined) return known;
  // Asked when everybody who could go on has come to wait for the database.
  const options = { cache: false, batchScheduleFn: setImmediate };
  const loader = new DataLoader<A, R>(
    async (asked) => (await askMany(tx, asked)) ?? asked.map(() => undefined as R),
    options,
  );
  loaders.set(askMany, loader);
  return loader;
}
