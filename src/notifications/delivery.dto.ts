/** Which deliveries a list shall hold. */
import { IsIn, IsOptional, IsUUID } from 'class-validator';
import { PageQuery } from '../platform/http/page.js';

export class DeliveriesQuery extends PageQuery {
  @IsOptional()
  @IsIn(['pending', 'delivered', 'dead'])
  status?: 'pending' | 'delivered' | 'dead';

  /** Of one event, such as the one that carried a notice. */
  @IsOptional()
  @IsUUID()
  eventId?: string;
}
