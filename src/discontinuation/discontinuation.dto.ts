/** What operations send to end a market, and the plan they are shown. */
import { Length } from 'class-validator';
import { IsInstant } from '../platform/http/params.dto.js';
import { MoneyView } from '../subscriptions/subscription.view.js';

export class DiscontinuationBody {
  /** Why, as announced. */
  @Length(1, 1000)
  reason: string;

  /** When every membership of the market ends; not in the past. */
  @IsInstant()
  effectiveAt: string;
}

export class DiscontinuationCountsView {
  subscriptions: number;
  refunds: number;
}

export class DiscontinuationTotalView {
  /** The contracting company, or companies. */
  entity: string;
  /** What goes back, or would. */
  refund: MoneyView;
  /** What of it the gateway has returned. */
  returned: MoneyView;
}

export class DiscontinuationProgressView {
  done: number;
  total: number;
}

export class DiscontinuationView {
  id: string;
  country: string;
  reason: string;
  /** When every membership ends; moved to the second approval where that came later. */
  effectiveAt: Date;
  announcedBy: string;
  announcedAt: Date;
  status: 'announced' | 'approved' | 'running' | 'done';
  /** Who approved it. */
  approvals: string[];
  counts: DiscontinuationCountsView;
  totals: DiscontinuationTotalView[];
  progress: DiscontinuationProgressView;
  /** When every member had been told that the market ends. */
  toldAt: Date | null;
  startedAt: Date | null;
  doneAt: Date | null;
}
