/** Reads a JSON file that ships with the service into its checked form; every fault is told with file and field. */
import { readFile } from 'node:fs/promises';
import { plainToInstance, type ClassConstructor } from 'class-transformer';
import { validateSync } from 'class-validator';
import { fieldErrors } from './http/field-errors.js';

/** `more`: what the form alone cannot say, one line per fault; it sees a file whose form is right. */
export async function readShippedFile<T extends object>(
  file: string,
  form: ClassConstructor<T>,
  more: (read: T) => string[] = () => [],
): Promise<T> {
  const read = plainToInstance(form, await readObject(file));
  const errors = fieldErrors(validateSync(read, { whitelist: true, forbidNonWhitelisted: true }));
  const faults = errors.map(({ path, message }) => `${path}: ${message}`);
  if (faults.length === 0) faults.push(...more(read));
  if (faults.length > 0) throw cannotBeUsed(file, faults);
  return read;
}

async function readObject(file: string): Promise<object> {
  const text = await readFile(file, 'utf8');
  try {
    const parsed = JSON.parse(text) as unknown;
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  } catch (error) {
    throw cannotBeUsed(file, [(error as Error).message]);
  }
  throw cannotBeUsed(file, ['it must hold one JSON object']);
}

function cannotBeUsed(file: string, faults: string[]): Error {
  return new Error(`${file} cannot be used:\n${faults.map((fault) => `  - ${fault}`).join('\n')}`);
}
