/**
 * An invoice or a credit note as a page to print: whole in itself, A4, in words and with the decimals of its currency.
 * Everything that comes from outside is escaped; the page loads nothing and runs nothing.
 */
import { createHash } from 'node:crypto';
import { formatMoney } from '../domain/money.js';
import type { DocumentEntity } from './document.entity.js';

const STYLE = `
@page { size: A4; margin: 20mm }
body { font: 11pt/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 170mm; margin: 2rem auto; padding: 0 1rem }
h1 { font-size: 20pt; margin: 0 0 1.5rem }
h2 { font-size: 9pt; font-weight: 600; text-transform: uppercase; letter-spacing: .05em; color: #555; margin: 0 0 .3rem }
section { display: inline-block; vertical-align: top; min-width: 48%; margin-bottom: 1.5rem }
p { margin: 0; overflow-wrap: anywhere }
table { width: 100%; border-collapse: collapse; margin-bottom: 1.5rem }
th, td { text-align: left; vertical-align: top; padding: .35rem .5rem .35rem 0; border-bottom: 1px solid #ccc; overflow-wrap: anywhere }
td.amount { text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums }
tr.total > * { font-weight: 700; border-bottom: 2px solid #111 }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .2rem 1rem; margin: 0; font-size: 9pt }
dt { color: #555 }
dd { margin: 0; overflow-wrap: anywhere }
@media print { body { margin: 0; max-width: none; padding: 0 } }
`;

/** For the browser: this style and nothing else, no script, no address, in no frame. */
export const PAGE_POLICY = [
  `default-src 'none'`,
  `style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'`,
  `base-uri 'none'`,
  `form-action 'none'`,
  `frame-ancestors 'none'`,
].join('; ');

export function printDocument(document: DocumentEntity): string {
  const { kind, number, entity, userId, country, description, taxBasisPoints, startsAt, endsAt } = document;
  const title = `${kind === 'invoice' ? 'Invoice' : 'Credit note'} ${number}`;
  const period = startsAt === null || endsAt === null ? '' : `${printInstant(startsAt)} to ${printInstant(endsAt)}`;
  const amount = (amountMinor: number): string => formatMoney({ amountMinor, currency: document.currency });
  return markup`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<style>${new Markup(STYLE)}</style>
</head>
<body>
<h1>${title}</h1>
<section><h2>Seller</h2><p>${entity}</p></section>
<section><h2>Buyer</h2><p>Member ${userId}</p><p>${country}</p></section>
<section><h2>For</h2><p>${description}</p><p>${period}</p></section>
<table>
<tr><th scope="row">Net</th><td class="amount">${amount(document.grossMinor - document.taxMinor)}</td></tr>
<tr><th scope="row">Tax ${printRate(taxBasisPoints)}</th><td class="amount">${amount(document.taxMinor)}</td></tr>
<tr class="total"><th scope="row">Total</th><td class="amount">${amount(document.grossMinor)}</td></tr>
</table>
<dl>
${printFacts(document)}
</dl>
</body>
</html>
`.text;
}

function printFacts(document: DocumentEntity): Markup {
  const { issuedAt, postedAt, chargeReference, clause, invoiceNumber, basis } = document;
  const at = printInstant(postedAt);
  const ofKind: [string, string][] =
    invoiceNumber === null
      ? [['Paid', at]]
      : [
          [document.chargebackId === null ? 'Refund decided' : 'Charged back', at],
          ['Corrects invoice', invoiceNumber],
          ['Basis', (basis ?? '').replaceAll('_', ' ')],
        ];
  const facts: [string, string][] = [
    ['Issued', printInstant(issuedAt)],
    ...ofKind,
    ['Payment', chargeReference],
    ['Agreement', `VIP membership agreement, clause ${clause}`],
  ];
  return new Markup(facts.map(([name, value]) => markup`<dt>${name}</dt><dd>${value}</dd>`.text).join('\n'));
}

/** 2100 → "21 %", 550 → "5.5 %" */
function printRate(basisPoints: number): string {
  return `${basisPoints / 100} %`;
}

/** 2027-03-01T10:00:00.000Z → "2027-03-01 10:00 UTC" */
function printInstant(at: Date): string {
  return `${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`;
}

/** Text that is markup already, and not escaped again. */
class Markup {
  constructor(readonly text: string) {}
}

/** Escapes every value put into it. */
function markup(parts: TemplateStringsArray, ...values: (string | Markup)[]): Markup {
  const texts = values.map((value) => (value instanceof Markup ? value.text : escaped(value)));
  return new Markup(String.raw({ raw: parts }, ...texts));
}

const ENTITY_OF: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITY_OF[character] ?? '');
}
