/** Where the storefront asks, on every order, whether benefits apply. */
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { RequireScope } from '../platform/access.js';
import { IsCountry, USER_ID_FORM } from '../platform/params.dto.js';
import { CheckEntitlement, EntitlementView } from './check-entitlement.js';

export class EntitlementQuery {
  @Matches(USER_ID_FORM)
  userId: string;

  /** The country the order ships to (1.5). */
  @IsCountry()
  shipTo: string;
}

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/entitlements')
export class BenefitsController {
  constructor(private readonly checkEntitlement: CheckEntitlement) {}

  /** Entitled or not at this instant, with the reason and its clause. */
  @Get()
  check(@Query() { userId, shipTo }: EntitlementQuery): Promise<EntitlementView> {
    return this.checkEntitlement.run(userId, shipTo);
  }
}
