/**
 * The member's contracting company changes by the company's own decision (VIP 1.1, 8.3): from an instant on, those
 * contracted with one company are contracted with another. Price, term and refunds are not touched.
 */
import { resolveContractingEntities } from './contracting-entity.js';
import type { ContractingEntity } from './subscription.js';

const TRANSFER_RULE = 'VIP 1.1, 8.3';

export interface EntityTransfer {
  from: string;
  to: string;
  /** Of residence; null: everywhere. */
  country: string | null;
  effectiveAt: Date;
}

/** The companies after one transfer; the same list when it concerns none of them. */
export function transferEntities(
  entities: readonly ContractingEntity[],
  { from, to }: Pick<EntityTransfer, 'from' | 'to'>,
): ContractingEntity[] {
  if (!entities.some(({ name }) => name === from)) return [...entities];
  const moved = entities.map((one) => (one.name === from ? { name: to, rule: TRANSFER_RULE } : one));
  // Two companies may become one.
  return moved.filter((one, index) => moved.findIndex(({ name }) => name === one.name) === index);
}

/** With whom a member who signs up at an instant contracts; `transfers` in the order in which they take effect. */
export function contractingEntitiesAt(
  residenceCountry: string,
  vipEntities: Readonly<Record<string, string>>,
  transfers: readonly EntityTransfer[],
  at: Date,
): ContractingEntity[] {
  return transfers
    .filter(({ country, effectiveAt }) => effectiveAt <= at && (country === null || country === residenceCountry))
    .reduce<ContractingEntity[]>(
      (entities, transfer) => transferEntities(entities, transfer),
      resolveContractingEntities(residenceCountry, vipEntities),
    );
}
