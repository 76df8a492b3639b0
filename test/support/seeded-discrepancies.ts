/**
 * Spoils a gateway's itemized report in a counted number of places and says which break each must become. It knows the
 * columns of the report and nothing of how they are compared.
 */
export interface Discrepancy {
  kind: string;
  /** The gateway's id of the payment or the refund. */
  gatewayReference: string;
}

export interface Spoiled {
  file: string;
  /** The lines that come a file later. */
  lateFile: string;
  expected: Discrepancy[];
  expectedLate: Discrepancy[];
}

type Line = Record<string, string>;

/** `perKind` of each kind; `failed`: references of charges that never succeeded here. */
export function spoil(report: string, perKind: number, failed: string[]): Spoiled {
  const [header = '', ...rows] = report.trimEnd().split('\n');
  const columns = header.split(',');
  const lines = rows.map((row): Line =>
    Object.fromEntries(row.split(',').map((cell, index) => [columns[index], cell])),
  );
  const captures = lines.filter((line) => line['reporting_category'] === 'charge');
  if (captures.length < perKind * 12)
    throw new Error(`${captures.length} captures are too few for ${perKind} per kind`);
  const taken = new Set<Line>();
  /** Spread over the file, each line once; none of its last days, which a later file may still complete. */
  const take = (): Line[] => {
    const free = captures.slice(0, Math.floor(captures.length * 0.8)).filter((line) => !taken.has(line));
    const found = Array.from({ length: perKind }, (_, index) => free[Math.floor((index * free.length) / perKind)]);
    for (const line of found) taken.add(line as Line);
    return found as Line[];
  };
  const expected: Discrepancy[] = [];
  const expect = (kind: string, line: Line): void => {
    expected.push({ kind, gatewayReference: String(line['payment_intent_id']) });
  };
  const copies = (kind: string, some: Line[], change: (line: Line, index: number) => Line): Line[] =>
    some.map((line, index) => {
      const copy = { ...line, ...change(line, index) };
      expect(kind, copy);
      return copy;
    });
  const added = [
    ...copies('duplicate', take(), () => ({})),
    ...copies('missing_here', take(), (_, index) => unknown('nobodys', index)),
    ...copies('wrong_state', take().slice(0, failed.length), (_, index) => ({
      ...unknown('failed', index),
      'payment_metadata[reference]': String(failed[index]),
    })),
  ];
  for (const line of take()) {
    expect('amount_differs', line);
    Object.assign(line, { gross: `${line['gross']}`.replace(/^\d/, (digit) => String((Number(digit) % 9) + 1)) });
    Object.assign(line, { fee: '0', net: line['gross'] });
  }
  for (const line of take()) {
    expect('currency_differs', line);
    line['currency'] =
      line['currency'] === 'eur' ? 'gbp' : line['currency'] === 'gbp' ? 'eur' : other(line['currency']);
  }
  for (const line of take()) {
    expect('fee_unexpected', line);
    Object.assign(line, { fee: line['gross'], net: '0' });
  }
  const [never, late] = [take(), take()];
  for (const line of [...never, ...late]) expect('missing_at_gateway', line);
  const away = new Set([...never, ...late]);
  const text = (some: Line[]): string =>
    [header, ...some.map((line) => columns.map((column) => line[column]).join(',')), ''].join('\n');
  return {
    file: text([...lines.filter((line) => !away.has(line)), ...added]),
    lateFile: text(late),
    expected,
    expectedLate: late.map((line) => ({ kind: 'late', gatewayReference: String(line['payment_intent_id']) })),
  };
}

function unknown(name: string, index: number): Line {
  const id = `${name}${index}`;
  return {
    balance_transaction_id: `txn_${id}`,
    source_id: `ch_${id}`,
    charge_id: `ch_${id}`,
    payment_intent_id: `pi_${id}`,
    'payment_metadata[reference]': '',
  };
}

/** A currency with as many decimals. */
function other(currency: string | undefined): string {
  return currency === 'jpy' ? 'krw' : 'bhd';
}
