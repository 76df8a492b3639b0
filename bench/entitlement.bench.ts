/**
 * What the storefront asks on every order: is this user entitled now? The floor, in the same run over the same members:
 * node:http and pg with one statement. Argument: how many members.
 */
import { copyMembers } from '../test/support/many-members.js';
import { load, type Load } from './http-load.js';
import { startApi, startProcess } from './processes.js';
import { makeModel, onStage, take } from './stage.js';

const FLOOR = 'var/bench/bench/entitlement-floor.js';
const AT_ONCE = 16;
const SECONDS = 10;

take(
  (members) =>
    onStage(async (stage) => {
      await makeModel(stage);
      await copyMembers(stage.databases, [{ userId: 'model', from: 1, to: members, earlier: `interval '0'` }]);
      await stage.database.query('vacuum analyze');
      const headers = { authorization: `Bearer ${await stage.sign(['storefront'])}` };
      const measure = async (url: string): Promise<Load> => {
        const next = () => ({ url: `${url}/v1/entitlements?shipTo=ES&userId=copy${random(members)}`, headers });
        await load(next, { atOnce: AT_ONCE, seconds: 3 });
        return load(next, { atOnce: AT_ONCE, seconds: SECONDS });
      };
      const floorServer = await startProcess(FLOOR, stage.env, /floor http:\S+\n/);
      const floor = await measure(floorServer.ready.trim().replace('floor ', ''));
      await floorServer.stop();
      const api = await startApi(stage.env);
      const ours = await measure(api.url);
      await api.stop();
      tell(members, ours, floor);
    }),
  10_000,
);

const random = (members: number): number => 1 + Math.floor(Math.random() * members);

function tell(members: number, ours: Load, floor: Load): void {
  const ratio = Math.round((ours.perSecond / floor.perSecond) * 100) / 100;
  console.log(JSON.stringify({ measure: 'entitlement', members, atOnce: AT_ONCE, floor, ours, ratio, goal: 0.7 }));
  console.table({ floor, ours });
  console.log(`${ratio} × the floor (goal: at least 0.7 ×)`);
}
