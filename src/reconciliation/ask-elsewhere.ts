/**
 * Asks the gateway about what a settlement shows and nobody here knows: disputes nobody told of, and refunds nobody here
 * ordered. What gets no usable answer is found by the gateway's notice or by the hourly look.
 */
import { Injectable } from '@nestjs/common';
import pMap from 'p-map';
import { AskDispute } from '../chargebacks/ask-dispute.js';
import { Gateways } from '../gateway/payment-gateway.js';
import { Database } from '../platform/database/database.js';
import { newId } from '../platform/ids.js';
import { Clock } from '../platform/time/clock.js';
import { RefundNotices } from '../refunds/refund-notices.js';
import { CLOSE_ADOPTED } from './matching.js';

const ASKED_AT_ONCE = 8;

const ELSEWHERE = `
  select distinct s.gateway, b.gateway_reference as id, b.movement from breaks b join settlements s on s.id = b.settlement_id
  where b.settlement_id = $1 and (
    (b.kind in ('missing_here', 'wrong_state') and b.movement in ('chargeback', 'chargeback_reversal'))
    or (b.kind = 'missing_here' and b.movement = 'refund'))`;

interface Elsewhere {
  gateway: string;
  id: string;
  movement: 'chargeback' | 'chargeback_reversal' | 'refund';
}

@Injectable()
export class AskElsewhere {
  constructor(
    private readonly clock: Clock,
    private readonly database: Database,
    private readonly gateways: Gateways,
    private readonly askDispute: AskDispute,
    private readonly refundNotices: RefundNotices,
  ) {}

  async ask(settlementId: string): Promise<void> {
    const rows = await this.database.reader.query<Elsewhere>(ELSEWHERE, [settlementId]);
    // A file may come from a gateway that is not asked here.
    const answerable = rows.filter(({ gateway }) => this.gateways.find(gateway) !== null);
    const ask = ({ gateway, id, movement }: Elsewhere): Promise<boolean> =>
      movement === 'refund'
        ? this.refundNotices.look(gateway, id, `settlement ${settlementId}`)
        : this.askDispute.ask(gateway, id);
    await pMap(answerable, ask, { concurrency: ASKED_AT_ONCE });
    const now = await this.clock.now();
    if (rows.length > 0) await this.database.reader.query(CLOSE_ADOPTED, [settlementId, newId(), now]);
  }
}
