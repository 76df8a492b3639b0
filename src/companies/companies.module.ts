/**
 * Owns: with whom members contract: the companies VIP 1.1 names by country of residence, and the transfers ordered.
 * Does not own: the company written on a subscription, nor moving it there.
 * Always true: what is configured or ordered never changes; only a later transfer takes its place (VIP 1.1, 8.3).
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { CompanyStore } from './company.store.js';
import {
  ContractingEntityEntity,
  EntityTransferEntity,
  EntityTransferMoveEntity,
} from './contracting-entity.entity.js';
import { LoadCompanies } from './load-companies.js';
import { TransferStore } from './transfer.store.js';

@Module({
  imports: [TypeOrmModule.forFeature([ContractingEntityEntity, EntityTransferEntity, EntityTransferMoveEntity])],
  providers: [CompanyStore, LoadCompanies, TransferStore],
  exports: [CompanyStore, TransferStore],
})
export class CompaniesModule {}
