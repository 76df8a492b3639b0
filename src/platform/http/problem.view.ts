/** A refusal as every route answers it: RFC 9457. */
export class FieldErrorView {
  path: string;
  message: string;
}

export class ProblemView {
  type: string;
  title: string;
  status: number;
  /** What was wrong and what to do. */
  detail: string;
  /** The same for ever: programs decide by it. */
  code: string;
  /** The path that was asked for. */
  instance: string;
  /** The clause of the agreement that decided. */
  clause?: string;
  /** Of `validation_failed`. */
  errors?: FieldErrorView[];
  /** Also the header `X-Request-Id`. */
  requestId: string;
}
