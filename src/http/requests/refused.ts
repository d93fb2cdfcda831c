/** A request that is not answered: its status, its code, and what is wrong. */
export class Refused extends Error {
  readonly status: number;
  readonly code: string;
  /** Headers of the answer. */
  readonly headers: Readonly<Record<string, string>>;
  /** What else its `extensions` say. */
  readonly extensions: Readonly<Record<string, unknown>>;

  constructor(
    status: number,
    code: string,
    message: string,
    more: { headers?: Record<string, string>; extensions?: Record<string, unknown> } = {},
  ) {
    super(message);
    this.status = status;
    this.code = code;
    this.headers = more.headers ?? {};
    this.extensions = more.extensions ?? {};
  }
}

export const malformed = (message: string): Refused => new Refused(400, 'BAD_REQUEST', message);
