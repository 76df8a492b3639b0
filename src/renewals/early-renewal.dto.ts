/** What the storefront is answered when an early renewal is withdrawn. */
import { RefundView } from '../refunds/refund.view.js';
import { SubscriptionView } from '../subscriptions/subscription.view.js';

export class EarlyRenewalCancellationView {
  subscription: SubscriptionView;
  refunds: RefundView[];
}
