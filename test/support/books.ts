/** The books as finance reads them: one balance per account, debit above zero, over all companies or one. */
import type { ApiClient } from './api-client.js';

interface TrialBalance {
  books: {
    entity: string;
    accounts: { account: string; debit: number; credit: number }[];
    debit: number;
    credit: number;
  }[];
}

export async function balances(api: ApiClient, entity?: string): Promise<Record<string, number>> {
  const asked = entity === undefined ? '' : `?entity=${encodeURIComponent(entity)}`;
  const finance = { scope: 'finance' } as const;
  const { body } = await api.call<TrialBalance>('GET', `/v1/ledger/trial-balance${asked}`, undefined, finance);
  const sums: Record<string, number> = {};
  for (const { accounts, debit, credit } of body.books) {
    if (debit !== credit) throw new Error(`the books do not balance: ${debit} and ${credit}`);
    for (const one of accounts) sums[one.account] = (sums[one.account] ?? 0) + one.debit - one.credit;
  }
  return Object.fromEntries(Object.entries(sums).filter(([, sum]) => sum !== 0));
}
