/**
 * Owns: the agreement's versions and which one is in force.
 * Does not own: who accepted which (the subscription keeps that with its instant and locale).
 * Always true: exactly one version is in force at an instant.
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { AgreementEntity } from './agreement.entity.js';
import { AgreementStore } from './agreement.store.js';
import { AgreementsController } from './agreements.controller.js';
import { LoadAgreement } from './load-agreement.js';
import { PublishAgreement } from './publish-agreement.js';

@Module({
  imports: [TypeOrmModule.forFeature([AgreementEntity])],
  controllers: [AgreementsController],
  providers: [AgreementStore, LoadAgreement, PublishAgreement],
  exports: [AgreementStore],
})
export class AgreementsModule {}
