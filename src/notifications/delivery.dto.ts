/** Which deliveries a list shall hold. */
import { IsIn, IsOptional } from 'class-validator';
import { PageQuery } from '../platform/page.js';

export class DeliveriesQuery extends PageQuery {
  @IsOptional()
  @IsIn(['pending', 'delivered', 'dead'])
  status?: 'pending' | 'delivered' | 'dead';
}
