/** Disputes as gateways also tell them: in the cardholder's currency, over more than was paid, in a word that is not known here. */
import type { GatewayDispute } from '../../src/gateway/outcome.js';
import { audit } from '../support/auditor.js';
import { ScriptedGateway } from '../support/scripted-gateway.js';
import type { Movement } from '../support/sandbox-client.js';
import { startService, type Service } from '../support/service.js';
import { until } from '../support/until.js';

const gateway = new ScriptedGateway();
let service: Service;
let count = 0;
/** What the banks have moved, which the gateway tells in the currency of the payment. */
const byBanks: Movement[] = [];

beforeAll(async () => {
  service = await startService({ gateway });
});
afterAll(async () => {
  const movements = async (): Promise<Movement[]> => [...(await gateway.movements()), ...byBanks];
  expect(await audit(service.database, { movements })).toEqual([]);
  await service.stop();
});

type Told = Pick<GatewayDispute, 'amountMinor' | 'currency' | 'status'>;

/** Tells of a dispute, and waits until it is applied. */
async function tell(dispute: GatewayDispute): Promise<void> {
  gateway.disputes.set(dispute.gatewayDisputeId, dispute);
  const id = `notice-${(count += 1)}`;
  const notice = { id, type: 'dispute', about: 'dispute', objectId: dispute.gatewayDisputeId };
  const { status } = await service.api.call('POST', '/v1/webhooks/scripted', {
    ...notice,
    reference: null,
    repeats: null,
  });
  expect(status).toBe(200);
  await until(`${id} is applied`, async () => {
    const { rowCount } = await service.database.query(
      `select from gateway_events where gateway_event_id = $1 and applied_at is not null`,
      [id],
    );
    return rowCount === 1;
  });
}

/** A member's payment, disputed so. */
async function disputed(userId: string, told: Told): Promise<{ id: string; dispute: GatewayDispute }> {
  const { id } = (await service.api.subscribe(userId)).body;
  const { rows } = await service.database.query<{ paymentId: string }>(
    'select gateway_payment_id as "paymentId" from charges where subscription_id = $1',
    [id],
  );
  const dispute: GatewayDispute = {
    gatewayDisputeId: `dispute-${userId}`,
    paymentId: rows[0]!.paymentId,
    reference: null,
    reason: 'fraudulent',
    answerBy: null,
    ...told,
  };
  const bank = { refund: null, dispute: dispute.gatewayDisputeId, amount: 4999, currency: 'EUR', reference: null };
  byBanks.push({ type: 'chargeback', paymentIntent: rows[0]!.paymentId, ...bank });
  await tell(dispute);
  return { id, dispute };
}

async function booked(id: string): Promise<object[]> {
  const { rows } = await service.database.query<object>(
    `select b.amount_minor::int as amount, b.currency, b.status, c.charged_back_minor::int as taken
     from chargebacks b join charges c on c.id = b.charge_id where b.subscription_id = $1`,
    [id],
  );
  return rows;
}

it.each([
  ['in the cardholder\u2019s currency', { amountMinor: 5712, currency: 'USD' }],
  ['over more than was paid', { amountMinor: 6000, currency: 'EUR' }],
])('one %s holds all that was paid, in its currency', async (what, money) => {
  const { id, dispute } = await disputed(what.replaceAll(/\W/g, '-'), { ...money, status: 'open' });
  expect(await booked(id)).toEqual([{ amount: 4999, currency: 'EUR', status: 'open', taken: 0 }]);
  await tell({ ...dispute, status: 'lost' });
  expect(await booked(id)).toEqual([{ amount: 4999, currency: 'EUR', status: 'lost', taken: 4999 }]);
});

it('one in a status that is not known here goes to a person, and is booked when it is told in words that are', async () => {
  const { id, dispute } = await disputed('unknown-word', { amountMinor: 4999, currency: 'EUR', status: 'unreadable' });
  expect(await booked(id)).toEqual([]);
  const { rows } = await service.database.query<{ kind: string; explanation: string }>(
    'select kind, explanation from cases where subscription_id = $1',
    [id],
  );
  expect(rows).toMatchObject([{ kind: 'chargeback' }]);
  expect(rows[0]!.explanation).toContain('its status is not known here');
  byBanks.push({ ...byBanks.at(-1)!, type: 'chargeback_reversal' });
  await tell({ ...dispute, status: 'won' });
  expect(await booked(id)).toEqual([{ amount: 4999, currency: 'EUR', status: 'won', taken: 0 }]);
});
