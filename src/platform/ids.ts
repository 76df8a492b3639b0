/** Ids of everything the service creates: UUIDv7, so that newer sorts after older. */
import { v7, validate } from 'uuid';

export function newId(): string {
  return v7();
}

export function isId(text: string): boolean {
  return validate(text);
}
