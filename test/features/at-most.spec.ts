/** So many at once in one process, and a refusal that says when to come again. */
import { AtMost } from '../../src/platform/http/at-most.js';

it('refuses one too many with 429, and takes the next when one has ended, however it ended', async () => {
  const two = new AtMost(2, 'too_many_uploads', 'files are being uploaded');
  const ends: ((failed?: Error) => void)[] = [];
  const work = (): Promise<void> =>
    two.run(() => new Promise((resolve, reject) => ends.push((failed) => (failed ? reject(failed) : resolve()))));
  const [first, second] = [work(), work()];
  await expect(work()).rejects.toMatchObject({
    status: 429,
    code: 'too_many_uploads',
    headers: { 'Retry-After': '10' },
  });
  ends[0]!(new Error('cut off'));
  await expect(first).rejects.toThrow('cut off');
  const third = work();
  ends[1]!();
  ends[2]!();
  await Promise.all([second, third]);
});
