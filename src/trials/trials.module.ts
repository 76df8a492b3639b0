/**
 * Owns: when a trial converts, and the consent some markets ask for before it does.
 * Does not own: the charge, nor the paid term it starts.
 * Always true: never charged before the trial's end, after an opt-out, or without a consent that is needed (3.2.1).
 */
import { Module } from '@nestjs/common';
import { MembershipsModule } from '../memberships/memberships.module.js';
import { SubscriptionsModule } from '../subscriptions/subscriptions.module.js';
import { ConvertTrialProcessor } from './convert-trial.processor.js';
import { GiveConsent } from './give-consent.js';
import { TrialsController } from './trials.controller.js';

@Module({
  imports: [MembershipsModule, SubscriptionsModule],
  controllers: [TrialsController],
  providers: [ConvertTrialProcessor, GiveConsent],
})
export class TrialsModule {}
