/** Ids of everything the service creates: UUIDv7, so that newer sorts after older. */
import { v7 } from 'uuid';

export function newId(): string {
  return v7();
}
