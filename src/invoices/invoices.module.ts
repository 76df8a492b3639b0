/**
 * Owns: invoices and credit notes, and the counters that number them.
 * Does not own: what was captured or is owed back; the ledger says it, and the split of the tax with it.
 * Always true: one document per fact, once; numbers per company and kind without a gap; nothing issued is ever altered.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { DocumentEntity } from './document.entity.js';
import { DocumentStore } from './document.store.js';
import { DocumentsProcessor } from './documents.processor.js';
import { InvoicesController } from './invoices.controller.js';
import { IssueDocuments } from './issue-documents.js';
import { SubscriptionInvoicesController } from './subscription-invoices.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([DocumentEntity]), SubscriptionsModule],
  controllers: [InvoicesController, SubscriptionInvoicesController],
  providers: [DocumentStore, DocumentsProcessor, IssueDocuments],
})
export class InvoicesModule {}
