/** Where the storefront asks, on every order, whether benefits apply. */
import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '../platform/http/access.js';
import { CheckEntitlement } from './check-entitlement.js';
import { EntitlementQuery, EntitlementView } from './entitlement.dto.js';

@ApiTags('storefront')
@RequireScope('storefront')
@Controller('v1/entitlements')
export class BenefitsController {
  constructor(private readonly checkEntitlement: CheckEntitlement) {}

  /** Entitled or not at this instant, with the reason and its clause. */
  @Get()
  check(@Query() { userId, shipTo }: EntitlementQuery): Promise<EntitlementView> {
    return this.checkEntitlement.check(userId, shipTo);
  }
}
