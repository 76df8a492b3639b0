/** What comes one by one is carried out in batches: those that come while others are under way, and no id is under way twice. */
import { setImmediate as turn } from 'node:timers/promises';
import { Batches } from '../../src/platform/database/batches.js';

interface UnderWay {
  ids: string[];
  end: () => void;
}

let underWay: UnderWay[];
let batches: Batches<{ id: string }>;
beforeEach(() => {
  underWay = [];
  batches = new Batches(
    { size: 3, atOnce: 2 },
    (batch) => new Promise((end) => underWay.push({ ids: batch.map(({ id }) => id), end })),
  );
});

const add = (...ids: string[]): void => ids.forEach((id) => batches.add({ id }));
const begun = (): string[][] => underWay.map(({ ids }) => ids);

async function end(index: number): Promise<void> {
  underWay[index]?.end();
  await turn();
}

it('waits for nothing, and takes together what has come meanwhile', async () => {
  add('a');
  await turn();
  add('b', 'c');
  await turn();
  expect(begun()).toEqual([['a'], ['b', 'c']]);
  add('d', 'e', 'f', 'g');
  await turn();
  expect(begun()).toHaveLength(2);
  await end(0);
  expect(begun()[2]).toEqual(['d', 'e', 'f']);
  await end(1);
  expect(begun()[3]).toEqual(['g']);
});

it('has no id under way twice; the second comes when the first has ended', async () => {
  add('a', 'a', 'b', 'a');
  await turn();
  add('c');
  await turn();
  expect(begun()).toEqual([['a', 'b'], ['c']]);
  await end(1);
  expect(begun()).toHaveLength(2);
  await end(0);
  expect(begun()[2]).toEqual(['a']);
  await end(2);
  expect(begun()[3]).toEqual(['a']);
});
