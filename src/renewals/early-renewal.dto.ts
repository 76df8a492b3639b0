/** What the storefront is told when an early renewal is taken back. */
import { RefundView } from '../refunds/refund.view.js';
import { SubscriptionView } from '../subscriptions/subscription.view.js';

export class EarlyRenewalCancellationView {
  subscription: SubscriptionView;
  refunds: RefundView[];
}
