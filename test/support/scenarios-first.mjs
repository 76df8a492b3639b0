// Decides in which order test files run: scenarios, which take longest, before features, before the law's tables, so that
// no long file is left for one of two workers at the end.
import Sequencer from '@jest/test-sequencer';

const ORDER = ['/scenarios/', '/features/'];
const rank = ({ path }) => ORDER.findIndex((folder) => path.includes(folder)) + 1 || ORDER.length + 1;

export default class ScenariosFirst extends Sequencer {
  sort(tests) {
    return super.sort(tests).toSorted((one, other) => rank(one) - rank(other));
  }
}
