/**
 * Recognizes what could be a payment card's number, so that none is stored or logged: 13 to 19 digits that pass Luhn, in
 * one run or in the groups cards are printed in. Other groups are dates and order numbers.
 */
// Ids, ours or another system's, are all digits now and then, and no card's number.
const IDS = /(?<![\da-f])[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}(?![\da-f])/gi;
const ENOUGH_DIGITS = /\d(?:[ -]?\d){12}/;
const RUN = /\d{13,}/g;
// 4-4-4-4, with up to three more; 4-6-5; 4-6-4.
const GROUPS = /(?<!\d)\d{4}[ -](?:\d{4}[ -]\d{4}[ -]\d{4}(?:[ -]\d{1,3})?|\d{6}[ -]\d{4,5})(?!\d)/g;
const DIGITS_MAX = 19;
// How issuers' numbers begin; a gateway's references of as many digits mostly do not.
const ISSUED_FORM = /^[2-6]\d{12,18}$/;

export function holdsCardNumber(text: string): boolean {
  if (!ENOUGH_DIGITS.test(text)) return false;
  const withoutIds = text.replaceAll(IDS, '*');
  const found = [...(withoutIds.match(RUN) ?? []), ...(withoutIds.match(GROUPS) ?? [])];
  return found
    .map((digits) => digits.replaceAll(/\D/g, ''))
    .some((digits) => digits.length <= DIGITS_MAX && passesLuhn(digits));
}

/** Whether all of a gateway's id is one that an issuer could have given; between its letters it may hold any digits. */
export function isCardNumber(id: string): boolean {
  const digits = id.replaceAll(/[ -]/g, '');
  return ISSUED_FORM.test(digits) && passesLuhn(digits);
}

function passesLuhn(digits: string): boolean {
  const sum = [...digits].reverse().reduce((total, digit, index) => {
    const doubled = Number(digit) * (index % 2 === 1 ? 2 : 1);
    return total + (doubled > 9 ? doubled - 9 : doubled);
  }, 0);
  return sum % 10 === 0;
}
