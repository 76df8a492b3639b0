/** Ids of everything the service creates: UUIDv7, so that newer sorts after older. */
import { v7, validate } from 'uuid';

export function newId(): string {
  return v7();
}

export function isId(text: string): boolean {
  return validate(text);
}

const OWN_IDS = /(?<![\da-f])[\da-f]{8}-[\da-f]{4}-7[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}(?![\da-f])/gi;

/** A name or a path may hold ids of ours; their digits say nothing. */
export function withoutIds(text: string): string {
  return text.replaceAll(OWN_IDS, '*');
}
