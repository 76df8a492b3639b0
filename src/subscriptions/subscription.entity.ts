/** Tables of a membership's record: the subscription, its terms, its mandates and its timeline. */
import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ChargeProgress } from '../domain/charge-progress.js';
import type { EndReason } from '../domain/end-reason.js';
import type {
  ContractingEntity,
  DueMove,
  Mandate,
  Subscription,
  SubscriptionStatus,
  Term,
  TermKind,
} from '../domain/subscription.js';

@Entity('subscriptions')
export class SubscriptionEntity implements Subscription {
  @PrimaryColumn('uuid')
  id: string;

  @Column('text')
  userId: string;

  @Column('text')
  country: string;

  @Column('text')
  residenceCountry: string;

  @Column('text')
  status: SubscriptionStatus;

  @Column('text')
  startWith: Subscription['startWith'];

  @Column('boolean')
  autoRenewal: boolean;

  @Column('jsonb')
  contractingEntities: ContractingEntity[];

  @Column('text')
  agreementVersion: string;

  @Column('timestamptz', { nullable: true })
  agreementAcceptedAt: Date | null;

  @Column('text', { nullable: true })
  locale: string | null;

  @Column('timestamptz', { nullable: true })
  conversionConsentAt: Date | null;

  @Column('uuid', { nullable: true })
  previousSubscriptionId: string | null;

  @Column('text')
  chargeProgress: ChargeProgress;

  @Column('text', { nullable: true })
  authenticationSecret: string | null;

  @Column('timestamptz', { nullable: true })
  firstFailedAt: Date | null;

  @Column('timestamptz', { nullable: true })
  retryAt: Date | null;

  @Column('timestamptz', { nullable: true })
  suspendedAt: Date | null;

  @Column('text', { nullable: true })
  suspendedFor: Subscription['suspendedFor'];

  @Column('timestamptz', { nullable: true })
  reopenedAt: Date | null;

  @Column('timestamptz', { nullable: true })
  benefitsUntil: Date | null;

  @Column('timestamptz')
  createdAt: Date;

  @Column('timestamptz', { nullable: true })
  endedAt: Date | null;

  @Column('text', { nullable: true })
  endReason: EndReason | null;

  @Column('text', { nullable: true })
  dueMove: DueMove | null;

  @Column('timestamptz', { nullable: true })
  dueAt: Date | null;

  /** Machine time until which a poll has handed this row to a worker. */
  @Column('timestamptz', { nullable: true })
  claimedUntil: Date | null;
}

@Entity('terms')
export class TermEntity implements Term {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('integer')
  number: number;

  @Column('text')
  kind: TermKind;

  @Column('timestamptz')
  startsAt: Date;

  @Column('timestamptz')
  endsAt: Date;

  @Column('bigint', { nullable: true })
  priceMinor: number | null;

  @Column('text', { nullable: true })
  currency: string | null;

  @Column('uuid', { nullable: true })
  chargeId: string | null;

  @Column('integer')
  rulePackVersion: number;

  @Column('jsonb')
  contractingEntities: ContractingEntity[];

  @Column('timestamptz', { nullable: true })
  cancellationPeriodEndsAt: Date | null;
}

@Entity('mandates')
export class MandateEntity implements Mandate {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('text')
  userId: string;

  @Column('text')
  gateway: string;

  @Column('text')
  token: string;

  @Column('text')
  status: Mandate['status'];

  @Column('text', { nullable: true })
  gatewayMethodId: string | null;

  @Column('text', { nullable: true })
  brand: string | null;

  @Column('text', { nullable: true })
  last4: string | null;

  @Column('timestamptz')
  authorizedAt: Date;

  @Column('timestamptz', { nullable: true })
  decidedAt: Date | null;
}

@Entity('timeline_entries')
export class TimelineEntity {
  @PrimaryColumn('uuid')
  id: string;

  @Column('uuid')
  subscriptionId: string;

  @Column('timestamptz')
  at: Date;

  @Column('text')
  actor: string;

  @Column('text')
  event: string;

  @Column('text', { nullable: true })
  clause: string | null;

  @Column('text')
  explanation: string;

  @Column('jsonb')
  data: object;
}
