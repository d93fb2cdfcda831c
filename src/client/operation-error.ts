/** One failure of an operation. */
export interface Failure {
  /** One of the codes that docs/clients.md lists, e.g. `NOT_FOUND`. */
  code: string;
  /** A sentence for people: what is wrong, and what to do. */
  message: string;
  /** Where in the answer. */
  path: readonly (string | number)[];
  /** What the document selected of the failure, e.g. `current` of a ConflictError or `issues` of an InvalidInputError. */
  details: Readonly<Record<string, unknown>>;
}

/** What an answer of the service comes as, by GraphQL over HTTP. */
export interface Answer {
  data?: unknown;
  errors?: readonly {
    message: string;
    path?: readonly (string | number)[];
    extensions?: Readonly<Record<string, unknown>>;
  }[];
  extensions?: { failures?: readonly Omit<Failure, 'details'>[] };
}

/** What is known of the response that an answer came in. */
export interface Delivery {
  /** Of HTTP, e.g. 429. */
  status?: number | undefined;
  /** After so many seconds the service wants to be asked again. */
  retryAfterSeconds?: number | undefined;
  /** What logs and traces of the service name the request by. */
  requestId?: string | undefined;
}

/** An operation of which something failed: the first failure's code, message and details, and all of them. */
export class OperationError extends Error implements Failure, Delivery {
  override readonly name = 'OperationError';
  readonly code: string;
  readonly path: readonly (string | number)[];
  readonly details: Readonly<Record<string, unknown>>;
  /** At least one. */
  readonly failures: readonly Failure[];
  /** What was answered all the same. */
  readonly data: unknown;
  readonly status: number | undefined;
  readonly retryAfterSeconds: number | undefined;
  readonly requestId: string | undefined;

  constructor(failures: readonly [Failure, ...Failure[]], data: unknown = null, options: ErrorOptions & Delivery = {}) {
    const [first] = failures;
    super(first.message, options);
    this.code = first.code;
    this.path = first.path;
    this.details = first.details;
    this.failures = failures;
    this.data = data;
    this.status = options.status;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.requestId = options.requestId;
  }
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

const at = (data: unknown, path: readonly (string | number)[]): Record<string, unknown> => {
  let value = data;
  for (const step of path) value = isObject(value) ? value[step] : undefined;
  return isObject(value) ? value : {};
};

/** The data of an answer. Throws OperationError where it has errors or expected failures. */
export function dataOf({ data = null, errors = [], extensions }: Answer, delivery: Delivery = {}): unknown {
  const failures: Failure[] = [
    ...errors.map(({ message, path = [], extensions: { code = 'INTERNAL_SERVER_ERROR', ...details } = {} }) => {
      return { code: String(code), message, path, details };
    }),
    ...(extensions?.failures ?? []).map((failure) => ({ ...failure, details: at(data, failure.path) })),
  ];
  const [first, ...others] = failures;
  if (first) throw new OperationError([first, ...others], data, delivery);
  return data;
}

/** What is thrown where no answer came that says what failed. */
export const unavailable = (message: string, options: ErrorOptions & Delivery = {}): OperationError => {
  const details = options.status === undefined ? {} : { status: options.status };
  return new OperationError([{ code: 'UNAVAILABLE', message, path: [], details }], null, options);
};
