/** Who lives in the demo, and what each of them does when. Everything else follows by itself. */
import type { SignUp, Storefront } from './storefront.js';

export interface Life extends SignUp {
  story: string;
  acts: { at: string; act: (storefront: Storefront, id: string) => Promise<unknown> }[];
}

const ES = { country: 'ES', paymentMethod: 'pm_card_visa' };

export const LIVES: Life[] = [
  { ...ES, user: 'Ana', story: 'tries it for 30 days, stays, and renews', startWith: 'trial', acts: [] },
  { ...ES, user: 'Bruno', story: 'subscribes directly and renews on day 365', startWith: 'paid', acts: [] },
  {
    ...ES,
    user: 'Carla',
    story: 'cancels in the last second of the cancellation period: all of it back',
    startWith: 'paid',
    acts: [{ at: '2026-03-15T22:59:59.000Z', act: (storefront, id) => storefront.cancel(id) }],
  },
  {
    ...ES,
    user: 'Diego',
    story: 'cancels after 100 days: the days left back',
    startWith: 'paid',
    acts: [{ at: '2026-06-09T10:00:00.000Z', act: (storefront, id) => storefront.cancel(id) }],
  },
  {
    ...ES,
    user: 'Elena',
    story: 'her card declines when the trial ends; with another one she goes on from that day',
    startWith: 'trial',
    paymentMethod: 'pm_card_chargeCustomerFail',
    acts: [
      { at: '2026-04-02T09:00:00.000Z', act: (storefront, id) => storefront.replaceMethod(id, 'pm_card_mastercard') },
    ],
  },
  {
    ...ES,
    user: 'Fermin',
    story: 'opts out of his trial and is never charged',
    startWith: 'trial',
    acts: [{ at: '2026-03-20T10:00:00.000Z', act: (storefront, id) => storefront.autoRenewal(id, false) }],
  },
  {
    ...ES,
    user: 'Gala',
    story: 'uses a coupon of 5.00 and cancels inside the period: the rest back',
    startWith: 'paid',
    acts: [
      { at: '2026-03-05T10:00:00.000Z', act: (storefront, id) => storefront.useBenefit(id, 'coupon', 500, 'EUR') },
      { at: '2026-03-10T09:00:00.000Z', act: (storefront, id) => storefront.cancel(id) },
    ],
  },
  {
    ...ES,
    user: 'Hugo',
    story: 'buys the next year early and cancels before it starts: days left and all of the next year back',
    startWith: 'paid',
    acts: [
      { at: '2026-12-01T10:00:00.000Z', act: (storefront, id) => storefront.buyNextTerm(id) },
      { at: '2027-01-10T10:00:00.000Z', act: (storefront, id) => storefront.cancel(id) },
    ],
  },
  {
    ...ES,
    user: 'Ines',
    story: 'is suspended by mistake for ten days and gets them back',
    startWith: 'paid',
    acts: [
      { at: '2026-05-01T10:00:00.000Z', act: (storefront, id) => storefront.suspend(id) },
      { at: '2026-05-11T10:00:00.000Z', act: (storefront, id) => storefront.reinstate(id) },
    ],
  },
  {
    user: 'Hanako',
    story: 'pays in yen and cancels with 100 days left',
    country: 'JP',
    startWith: 'paid',
    paymentMethod: 'pm_card_visa',
    acts: [{ at: '2026-11-21T10:00:00.000Z', act: (storefront, id) => storefront.cancel(id) }],
  },
];
