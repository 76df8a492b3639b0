/** Reads the code of an error, whichever system it comes from; it never decides what the code means. */

/** The code of a system or PostgreSQL error. Not by class: under jest, Node's own errors are of another realm. */
export function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
