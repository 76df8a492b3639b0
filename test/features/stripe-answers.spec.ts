/** What the gateway's words for a dispute mean. */
import { statusOfDispute } from '../../src/gateway/stripe/stripe-answers.js';

it.each([
  ['needs_response', 'open'],
  ['under_review', 'open'],
  ['won', 'won'],
  ['lost', 'lost'],
  ['appeal_needs_response', 'lost'],
  ['appeal_under_review', 'lost'],
  ['warning_needs_response', null],
  ['warning_under_review', null],
  ['warning_closed', null],
  ['prevented', null],
  ['something_new', null],
])('%s means %s', (told, status) => {
  expect(statusOfDispute(told)).toBe(status);
});
