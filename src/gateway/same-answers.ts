/**
 * When no answer can come any more to a request that the gateway has never heard of: the same one comes again and again,
 * because it is kept under the reference, or the gateway has forgotten the reference. Then the attempt is given up.
 */
import { HOUR_MS } from '../domain/instant.js';
import { machineNow } from '../platform/time/clock.js';
import type { GatewayRequestEntity } from './gateway-request.entity.js';

/** The same answer so often, over so long, never changes. */
const SAME_ANSWERS_MAX = 3;
const SAME_ANSWERS_MS = HOUR_MS;

/** Why no answer can come any more; null while one can. */
export function whyGivenUp(request: GatewayRequestEntity, keyKeptMs: number, now: Date): string | null {
  const { sameAnswer, sameAnswers, sameAnswerSince, firstSubmittedAt } = request;
  const sameForMs = now.getTime() - (sameAnswerSince ?? now).getTime();
  if (sameAnswers >= SAME_ANSWERS_MAX && sameForMs >= SAME_ANSWERS_MS) {
    return `the gateway gives the same answer again and again: ${sameAnswer}`;
  }
  const sentAgoMs = machineNow().getTime() - (firstSubmittedAt?.getTime() ?? 0);
  return sentAgoMs > keyKeptMs ? 'the gateway has forgotten its key' : null;
}

/** `answer`: what may be kept under the reference; null where there was none. */
export function countSame(
  { sameAnswer, sameAnswers, sameAnswerSince }: GatewayRequestEntity,
  answer: string | null,
  now: Date,
): Partial<GatewayRequestEntity> {
  // A question that finds no answer says nothing about what is kept under the reference.
  if (answer === null) return {};
  if (answer === sameAnswer) return { sameAnswer, sameAnswers: sameAnswers + 1, sameAnswerSince };
  return { sameAnswer: answer, sameAnswers: 1, sameAnswerSince: now };
}
