/** Recognizes what could be a payment card's number, so that none is stored or logged: 13 to 19 digits that pass Luhn. */
// Ids, ours or another system's, are all digits now and then, and no card's number.
const IDS = /(?<![\da-f])[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?![\da-f])/gi;
const GROUPED_DIGITS = /\d+(?:[ -]\d+)*/g;
const DIGITS_MIN = 13;
const DIGITS_MAX = 19;

/** Also when it is written in groups, and when other groups of digits stand beside it. */
export function holdsCardNumber(text: string): boolean {
  const withoutIds = text.replaceAll(IDS, '*');
  return (withoutIds.match(GROUPED_DIGITS) ?? []).some((run) => anyStretchPasses(run.split(/[ -]/)));
}

function anyStretchPasses(groups: string[]): boolean {
  for (let first = 0; first < groups.length; first += 1) {
    let digits = '';
    for (let next = first; next < groups.length && digits.length < DIGITS_MAX; next += 1) {
      digits += groups[next] ?? '';
      if (digits.length >= DIGITS_MIN && digits.length <= DIGITS_MAX && passesLuhn(digits)) return true;
    }
  }
  return false;
}

function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}
