/** The worked refund table of the rules, replayed over HTTP: subscribe on 1 March, cancel at each instant. */
import { startService, type Service } from '../support/service.js';

let service: Service;
beforeAll(async () => {
  service = await startService({ startAt: '2026-03-01T10:00:00.000Z' });
});
afterAll(() => service.stop());

interface WorkedCase {
  user: string;
  at: string;
  country: string;
  basis: string;
  amount: number;
  clause: string;
  /** Minor units of a coupon used before. */
  couponUsed?: number;
}

const CASES: WorkedCase[] = [
  {
    user: 'a-coupon-used',
    at: '2026-03-10T09:00:00.000Z',
    country: 'ES',
    basis: 'full_less_benefits',
    amount: 4499,
    clause: '3.4.1',
    couponUsed: 500,
  },
  {
    user: 'last-second-inside',
    at: '2026-03-15T22:59:59.000Z',
    country: 'ES',
    basis: 'full_less_benefits',
    amount: 4999,
    clause: '3.4.1',
  },
  {
    user: 'first-moment-outside',
    at: '2026-03-15T23:00:00.000Z',
    country: 'ES',
    basis: 'pro_rata',
    amount: 4807,
    clause: '3.4.2',
  },
  {
    user: 'exactly-265',
    at: '2026-06-09T10:00:00.000Z',
    country: 'ES',
    basis: 'pro_rata',
    amount: 3629,
    clause: '3.4.2',
  },
  {
    user: 'a-second-later',
    at: '2026-06-09T10:00:01.000Z',
    country: 'ES',
    basis: 'pro_rata',
    amount: 3629,
    clause: '3.4.2',
  },
  { user: 'jpy', at: '2026-11-21T10:00:00.000Z', country: 'JP', basis: 'pro_rata', amount: 1342, clause: '3.4.2' },
  { user: 'kwd', at: '2026-11-21T10:00:00.000Z', country: 'KW', basis: 'pro_rata', amount: 4110, clause: '3.4.2' },
  { user: 'last-day', at: '2027-02-28T10:00:00.000Z', country: 'ES', basis: 'pro_rata', amount: 14, clause: '3.4.2' },
];

it('pays each worked refund to the cent, as quoted and as the gateway recorded it', async () => {
  const ids = new Map<string, string>();
  for (const { user, country, couponUsed } of CASES) {
    const { status, body } = await service.api.subscribe(user, { country });
    expect(status).toBe(201);
    ids.set(user, body.id);
    if (couponUsed !== undefined) {
      expect(await service.api.useBenefit(body.id, ['coupon', 'order-1', couponUsed])).toMatchObject({ status: 201 });
    }
  }
  for (const { user, at, basis, amount, clause } of CASES) {
    await service.api.clockTo(at);
    const id = ids.get(user) ?? '';
    const quote = await service.api.quote(id);
    expect(quote.body).toMatchObject({ basis, clause, refund: { amount } });
    const { status, body } = await service.api.cancel(id, { quoteId: quote.body.id });
    expect(status).toBe(200);
    expect(body.quoteId).toBe(quote.body.id);
    expect(body.refunds).toMatchObject([{ basis, clause, amount, status: 'succeeded' }]);
    const movements = await service.sandbox.movementsOf(body.refunds[0]?.id ?? 'none');
    expect(movements).toMatchObject([{ type: 'refund', amount }]);
  }
});
