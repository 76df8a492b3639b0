/** Table of the published agreement texts and when each takes effect. */
import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('agreements')
export class AgreementEntity {
  @PrimaryColumn('text')
  version: string;

  @Column('text')
  text: string;

  @Column('timestamptz')
  publishedAt: Date;

  @Column('timestamptz')
  effectiveFrom: Date;

  /** The token's `sub`; `shipped` when it came with the service. */
  @Column('text')
  publishedBy: string;
}
