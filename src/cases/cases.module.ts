/**
 * Owns: what needs a person, and who closed it with which words.
 * Does not own: the payment or refund it is about; closing a case moves no money.
 * Always true: one open case per kind and subject, opened in the transaction of the fact.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { CaseEntity } from './case.entity.js';
import { CaseStore } from './case.store.js';
import { CasesController } from './cases.controller.js';

@Module({
  imports: [NotificationsModule, TypeOrmModule.forFeature([CaseEntity])],
  controllers: [CasesController],
  providers: [CaseStore],
  exports: [CaseStore],
})
export class CasesModule {}
