/**
 * Owns: what risk recorded about users, and the eligibility decisions made from it.
 * Does not own: subscriptions; it never ends or suspends one.
 * Always true: a user nobody vouched for is not eligible (3.1.1).
 */
import { Module } from '@nestjs/common';
import { TypeOrmModule } from '@nestjs/typeorm';
import { Eligibility } from './eligibility.js';
import { RecordStanding } from './record-standing.js';
import { EligibilityDecisionEntity, StandingEntity } from './standing.entity.js';
import { StandingsController } from './standings.controller.js';

@Module({
  imports: [TypeOrmModule.forFeature([StandingEntity, EligibilityDecisionEntity])],
  controllers: [StandingsController],
  providers: [Eligibility, RecordStanding],
  exports: [Eligibility, RecordStanding],
})
export class MembersModule {}
