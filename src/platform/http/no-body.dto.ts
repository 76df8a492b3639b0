/** The body of requests that say everything by their path: `{}` or nothing; any field is refused. */
export class NoBody {}
