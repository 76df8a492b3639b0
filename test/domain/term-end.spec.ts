/** What a term's end decides: every order of the reasons not to charge, and the last millisecond before the end. */
import { choiceStillOpen, decideTermEnd, requireRenewing, type TermEndFacts } from '../../src/domain/term-end.js';

const endsAt = new Date('2026-03-31T10:00:00.000Z');
const CHARGED: TermEndFacts = {
  now: endsAt,
  term: { kind: 'trial', endsAt },
  autoRenewal: true,
  consentRequired: true,
  consentedAt: new Date('2026-03-30T10:00:00.000Z'),
  marketOpen: true,
  marketEndsAt: null,
  suspended: false,
  noticeMissing: false,
};

const TRIAL: [autoRenewal: boolean, consentRequired: boolean, consented: boolean, marketOpen: boolean, then: string][] =
  [
    [true, true, true, true, 'charge conversion 3.2.1'],
    [true, true, true, false, 'expire market_closed 5.4'],
    [true, true, false, true, 'expire consent_missing 3.2.1'],
    [true, true, false, false, 'expire consent_missing 3.2.1'],
    [true, false, true, true, 'charge conversion 3.2.1'],
    [true, false, true, false, 'expire market_closed 5.4'],
    [true, false, false, true, 'charge conversion 3.2.1'],
    [true, false, false, false, 'expire market_closed 5.4'],
    [false, true, true, true, 'expire opted_out 3.2.1'],
    [false, true, true, false, 'expire opted_out 3.2.1'],
    [false, true, false, true, 'expire opted_out 3.2.1'],
    [false, true, false, false, 'expire opted_out 3.2.1'],
    [false, false, true, true, 'expire opted_out 3.2.1'],
    [false, false, true, false, 'expire opted_out 3.2.1'],
    [false, false, false, true, 'expire opted_out 3.2.1'],
    [false, false, false, false, 'expire opted_out 3.2.1'],
  ];

// A trial's consent means nothing to a paid term.
const PAID: typeof TRIAL = TRIAL.map(([autoRenewal, required, consented, open]) => {
  if (!autoRenewal) return [autoRenewal, required, consented, open, 'expire auto_renewal_off 3.3.1'];
  return [autoRenewal, required, consented, open, open ? 'charge renewal 3.3.1' : 'expire market_closed 5.4'];
});

// A temporary membership runs out, whatever was chosen (8.2).
const TEMPORARY: typeof TRIAL = TRIAL.map(([renewal, required, consented, open]) => {
  return [renewal, required, consented, open, 'expire temporary_ended 8.2'];
});

function decide(facts: TermEndFacts): string {
  const decided = decideTermEnd(facts);
  if (decided.kind === 'wait') return 'wait';
  return `${decided.kind} ${decided.kind === 'charge' ? decided.purpose : decided.reason} ${decided.clause}`;
}

it('charges no renewal unannounced where the market demands proof, after every other reason; a trial needs none', () => {
  const term = { kind: 'paid', endsAt } as const;
  expect(decide({ ...CHARGED, term, noticeMissing: true })).toBe('expire notice_missing 4.8');
  expect(decide({ ...CHARGED, term, noticeMissing: true, marketOpen: false })).toBe('expire market_closed 5.4');
  expect(decide({ ...CHARGED, term, noticeMissing: true, autoRenewal: false })).toBe('expire auto_renewal_off 3.3.1');
  expect(decide({ ...CHARGED, noticeMissing: true })).toBe('charge conversion 3.2.1');
});

it('expires what ends while it is suspended, whatever else is so', () => {
  for (const autoRenewal of [true, false]) {
    for (const marketOpen of [true, false]) {
      expect(decide({ ...CHARGED, suspended: true, autoRenewal, marketOpen, consentedAt: null })).toBe(
        'expire suspended 5.1',
      );
    }
  }
});

it('leaves a term that reaches beyond the end of its market to that end, whatever else is so', () => {
  for (const suspended of [true, false]) {
    const facts = { ...CHARGED, marketOpen: false, suspended, autoRenewal: false };
    expect(decide({ ...facts, marketEndsAt: new Date(endsAt.getTime() - 1) })).toBe('wait');
    for (const marketEndsAt of [endsAt, new Date(endsAt.getTime() + 1), null]) {
      expect(decide({ ...facts, marketEndsAt })).toMatch(/^expire/);
    }
  }
});

describe.each([
  ['trial', TRIAL],
  ['paid', PAID],
  ['temporary', TEMPORARY],
] as const)('at the end of a %s term', (kind, rows) => {
  it.each(rows)(
    'auto-renewal %s, consent required %s, given %s, market open %s: %s',
    (autoRenewal, consentRequired, consented, marketOpen, then) => {
      const consentedAt = consented ? CHARGED.consentedAt : null;
      const facts = { ...CHARGED, term: { kind, endsAt }, autoRenewal, consentRequired, consentedAt, marketOpen };
      expect(decide(facts)).toBe(then);
      expect(decide({ ...facts, now: new Date(endsAt.getTime() + 1) })).toBe(then);
      expect(decide({ ...facts, now: new Date(endsAt.getTime() - 1) })).toBe('wait');
    },
  );
});

it.each([
  [-1, true],
  [0, false],
  [1, false],
])('%i ms from the end a choice is open: %s', (ms, open) => {
  expect(choiceStillOpen(new Date(endsAt.getTime() + ms), { endsAt })).toBe(open);
});

it('lets nobody choose what follows a temporary membership', () => {
  expect(() => requireRenewing({ startWith: 'temporary' })).toThrow('ends with its term');
  for (const startWith of ['trial', 'paid'] as const) expect(() => requireRenewing({ startWith })).not.toThrow();
});
