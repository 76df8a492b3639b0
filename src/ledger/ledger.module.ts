/**
 * Owns: the ledger, what is deferred of each captured fee, and the months that are closed.
 * Does not own: charges and refunds, or when money moves; the rooms above tell it.
 * Always true: every transaction sums to zero per company and currency; nothing posted is ever altered, and nothing is
 * posted into a closed month.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { MarketsModule } from '../markets/markets.module.js';
import { CashLedger } from './cash-ledger.js';
import { CloseMonth } from './close-month.js';
import { CloseMonthProcessor } from './close-month.processor.js';
import { DeferredFeeEntity } from './deferred-fee.entity.js';
import { DeferredFeeStore } from './deferred-fee.store.js';
import { LedgerEntryEntity, LedgerTransactionEntity } from './ledger.entity.js';
import { LedgerController } from './ledger.controller.js';
import { Ledger } from './ledger.js';
import { MonthClosesController } from './month-closes.controller.js';
import { Post } from './post.js';
import { ShowLedger } from './show-ledger.js';
import { UnusableFees } from './unusable-fees.js';

@Module({
  imports: [TypeOrmModule.forFeature([DeferredFeeEntity, LedgerEntryEntity, LedgerTransactionEntity]), MarketsModule],
  controllers: [LedgerController, MonthClosesController],
  providers: [CashLedger, CloseMonth, CloseMonthProcessor, DeferredFeeStore, Ledger, Post, ShowLedger, UnusableFees],
  exports: [CashLedger, CloseMonth, DeferredFeeStore, Ledger, UnusableFees],
})
export class LedgerModule {}
