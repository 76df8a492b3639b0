/** Compensation (6.2): any amount up to what was collected and not returned, never more, however it is sent. */
import { audit } from '../support/auditor.js';
import type { Answer, RefundAnswer } from '../support/api-client.js';
import { startService, type Service } from '../support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService();
});
afterEach(async () => {
  expect(await audit(service.database, service.sandbox)).toEqual([]);
});
afterAll(() => service.stop());

const compensate = (id: string, amount: unknown): Promise<Answer<{ refunds: RefundAnswer[]; code?: string }>> =>
  service.api.call(
    'POST',
    `/v1/subscriptions/${id}/compensations`,
    { amount, reason: 'outage' },
    { scope: 'operations' },
  );

it('pays what is asked, up to the cap, and the cap shrinks with every return', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m1')).body;
  const paid = await compensate(id, 1000);
  expect(paid).toMatchObject({
    status: 201,
    body: { refunds: [{ amount: 1000, basis: 'compensation', clause: '6.2', status: 'succeeded' }] },
  });
  expect(await compensate(id, 4000)).toMatchObject({ status: 422, body: { code: 'exceeds_collected', clause: '6.2' } });
  expect((await compensate(id, 3999)).status).toBe(201);
  expect(await compensate(id, 1)).toMatchObject({ status: 422 });
  expect(await api.subscription(id)).toMatchObject({ status: 'active' });
  // Everything went back already: cancelling returns nothing more.
  expect((await api.cancel(id)).body.refunds).toEqual([]);
});

it('reaches over several charges, the newest first', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m2')).body;
  await api.call('POST', `/v1/subscriptions/${id}/early-renewal`, {});
  expect((await compensate(id, 6000)).body.refunds.map((refund) => refund.amount).sort()).toEqual([1001, 4999]);
});

it('never exceeds the cap when twenty are sent at once', async () => {
  const { api } = service;
  const { id } = (await api.subscribe('m3')).body;
  const answers = await Promise.all(Array.from({ length: 20 }, () => compensate(id, 1000)));
  expect(answers.filter((answer) => answer.status === 201)).toHaveLength(4);
});

it.each([0, -1, 1.5, '1000', null])('refuses the amount %p and changes nothing', async (amount) => {
  const { id } = (await service.api.subscribe(`bad-${String(amount)}`.replaceAll(/[^\w-]/g, '_'))).body;
  expect(await compensate(id, amount)).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
  expect(await service.api.refunds(id)).toEqual([]);
});
