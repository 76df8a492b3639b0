/** Flattens what class-validator found into one line per fault, each with the path of its field. */
import type { ValidationError } from 'class-validator';
import type { FieldError } from './problem.js';

export function fieldErrors(errors: ValidationError[], parent = ''): FieldError[] {
  return errors.flatMap((error) => {
    const path = parent === '' ? error.property : `${parent}.${error.property}`;
    const own = Object.values(error.constraints ?? {}).map((message) => ({ path, message }));
    return [...own, ...fieldErrors(error.children ?? [], path)];
  });
}
