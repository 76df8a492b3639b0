/**
 * Owns: handing members over from one contracting company to another at an instant (VIP 1.1, 8.3).
 * Does not own: with whom a new member contracts, nor anything a member pays, has or gets back.
 * Always true: each subscription moves once per transfer, and nothing but its company changes.
 */
import { Module } from '@nestjs/common';
import { CompaniesModule } from '../companies/companies.module.js';
import { MembershipsModule } from '../memberships/memberships.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { CarryOutTransfer } from './carry-out-transfer.js';
import { OrderTransfer } from './order-transfer.js';
import { TransferEntityProcessor } from './transfer-entity.processor.js';
import { TransfersController } from './transfers.controller.js';

@Module({
  imports: [MembershipsModule, CompaniesModule, SubscriptionsModule],
  controllers: [TransfersController],
  providers: [CarryOutTransfer, OrderTransfer, TransferEntityProcessor],
})
export class TransfersModule {}
