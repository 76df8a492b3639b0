/**
 * Reads request bodies more strictly than JSON.parse: duplicate keys, absurd depth, anything but an object, NUL, lone
 * surrogates, prototype keys and card numbers are refused before anything sees them.
 */
import type { NextFunction, Request, Response } from 'express';
import { visit } from 'jsonc-parser';
import { holdsCardNumber } from './card-numbers.js';
import { RequestProblem, validationFailed, type FieldError } from './problem.js';
import { isUpload } from './upload.js';

const DEPTH_MAX = 20;
const TEXT_MAX = 10_000;
/** Where operations publish the agreement, which is long. */
export const LONG_TEXT_PATH = '/v1/agreements';
const LONG_TEXT_MAX = 200_000;

/** Express middleware behind a text parser: replaces the text by the parsed body. */
export function parseStrictJson(request: Request, _response: Response, next: NextFunction): void {
  const hasBody = typeof request.body === 'string' && request.body !== '';
  if (typeof request.body !== 'string' && announcesBody(request) && !isUpload(request)) {
    next(new RequestProblem(415, 'unsupported_media_type', 'Send the body as application/json.'));
    return;
  }
  try {
    request.body = hasBody ? parseObject(request.body as string) : undefined;
    const textMax = request.path === LONG_TEXT_PATH ? LONG_TEXT_MAX : TEXT_MAX;
    refuseBadText({ body: request.body as unknown, query: request.query, path: decodedPath(request.path) }, textMax);
    next();
  } catch (error) {
    next(error);
  }
}

function announcesBody({ headers }: Request): boolean {
  return headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) > 0;
}

function parseObject(text: string): object {
  const parsed = parseJson(text);
  if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)) return parsed;
  throw validationFailed([{ path: 'body', message: 'must be a JSON object' }]);
}

function parseJson(text: string): unknown {
  refuseDuplicatesAndDepth(text);
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new RequestProblem(400, 'invalid_json', `The body is not valid JSON: ${(error as Error).message}.`);
  }
}

function refuseDuplicatesAndDepth(text: string): void {
  const open: Set<string>[] = [];
  let depth = 0;
  const enter = (): void => {
    depth += 1;
    if (depth > DEPTH_MAX)
      throw new RequestProblem(400, 'invalid_json', `The body is nested deeper than ${DEPTH_MAX}.`);
  };
  const leave = (): void => {
    depth -= 1;
  };
  visit(text, {
    onObjectBegin: () => (enter(), open.push(new Set()), undefined),
    onObjectEnd: () => (leave(), open.pop(), undefined),
    onArrayBegin: () => (enter(), undefined),
    onArrayEnd: leave,
    onObjectProperty: (name) => {
      const seen = open.at(-1);
      if (seen?.has(name))
        throw new RequestProblem(400, 'invalid_json', `The key "${name}" stands twice in one object.`);
      seen?.add(name);
    },
  });
}

function decodedPath(path: string): string[] {
  try {
    return decodeURIComponent(path).split('/');
  } catch {
    throw new RequestProblem(400, 'invalid_request', 'The path is not valid percent-encoding.');
  }
}

function refuseBadText(parts: Record<string, unknown>, textMax: number): void {
  const errors: FieldError[] = [];
  const walk = (value: unknown, path: string): void => {
    if (typeof value === 'string' || typeof value === 'number') {
      const message = faultOf(String(value), textMax);
      if (message !== null) errors.push({ path, message });
    } else if (typeof value === 'object' && value !== null) {
      for (const [key, child] of Object.entries(value)) {
        const childPath = path === '' ? key : `${path}.${key}`;
        if (hasOwnMeaning(key) || faultOf(key, TEXT_MAX) !== null)
          errors.push({ path: childPath, message: 'is no usable name' });
        else walk(child, childPath);
      }
    }
  };
  for (const [part, value] of Object.entries(parts)) walk(value, part === 'body' ? '' : part);
  if (errors.length > 0) throw validationFailed(errors);
}

/** Names that class-transformer and Nest drop without a word, or take for something of their own. */
function hasOwnMeaning(key: string): boolean {
  return key === 'prototype' || key in Object.prototype;
}

function faultOf(text: string, textMax: number): string | null {
  if (text.length > textMax) return `is longer than ${textMax} characters`;
  if (text.includes('\0')) return 'has a NUL character';
  if (!text.isWellFormed()) return 'has a lone surrogate';
  if (holdsCardNumber(text)) return 'looks like a card number; never send one here';
  return null;
}
