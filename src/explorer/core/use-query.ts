import { useRef, useState } from 'preact/hooks';
import type { GraphQLDocument } from '../../client/document.ts';
import { keyChanges, type RunOptions, run } from './api.ts';
import { companion, user } from './route.ts';
import { useAsking } from './use-asking.ts';
import { useRevision } from './use-revision.ts';

export interface Query<Data> {
  /** What was answered last; undefined: nothing yet. It stays while it is asked for again. */
  data: Data | undefined;
  /** Why the last request failed. */
  error: unknown;
  isLoading: boolean;
  /** Asks again. */
  reload(): void;
}

export interface QueryOptions {
  /** Asks for the whole workspace, not for the companion and the user that are chosen. */
  everything?: boolean;
  /** Nothing is asked for, e.g. while an input is empty. */
  skip?: boolean;
  /**
   * What costs the server much is asked for again at most once in so many milliseconds, however much others change. One's
   * own changes are shown at once. Default: 0.
   */
  calmMs?: number;
}

/** Asks when the component appears, when the variables, the companion, the user or the key change, and after changes. */
export function useQuery<Data, Variables extends object>(
  document: GraphQLDocument<Data, Variables>,
  variables: Variables,
  options: QueryOptions = {},
): Query<Data> {
  const { update: _update, ...query } = useAnswer(
    `${document}${JSON.stringify(variables)}`,
    (runOptions) => run(document, variables, runOptions),
    options,
  );
  return query;
}

/** What {@link useAnswer} answers: a query, and a way to add to its data. */
export interface AnswerOf<Data> extends Query<Data> {
  update(change: (data: Data) => Data): void;
}

/** How {@link useAnswer} reads: `isOther` is true where it has answered nothing to this question yet. */
export type Read<Data> = (options: RunOptions & { isOther: boolean }) => Promise<Data>;

/** Reads as {@link useQuery} does; what `read` takes is said by `subject`. */
export function useAnswer<Data>(
  subject: string,
  read: Read<Data>,
  { everything = false, skip = false, calmMs = 0 }: QueryOptions,
): AnswerOf<Data> {
  const [state, setState] = useState<Omit<Query<Data>, 'reload'>>({
    data: undefined,
    error: undefined,
    isLoading: !skip,
  });
  const [asked, setAsked] = useState(0);
  const answered = useRef('');
  const scope = everything ? '' : JSON.stringify([companion.value, user.value]);
  const of = `${subject}${scope}`;
  const ask = async (signal: AbortSignal) => {
    // The answer to another question is not shown as if it were to this one.
    const isOther = answered.current !== of;
    answered.current = of;
    if (skip) return setState({ data: undefined, error: undefined, isLoading: false });
    setState(({ data, error }) => ({
      ...(isOther ? { data: undefined, error: undefined } : { data, error }),
      isLoading: true,
    }));
    try {
      const data = await read({ signal, everything, isOther });
      if (!signal.aborted) setState({ data, error: undefined, isLoading: false });
    } catch (error) {
      if (!signal.aborted) setState(({ data }) => ({ data, error, isLoading: false }));
    }
  };
  useAsking(ask, [of, everything, skip, asked, keyChanges.value], useRevision(calmMs));
  return {
    ...state,
    reload() {
      setState(({ data }) => ({ data, error: undefined, isLoading: true }));
      setAsked((times) => times + 1);
    },
    update: (change) =>
      setState(({ data, ...rest }) => ({ ...rest, data: data === undefined ? undefined : change(data) })),
  };
}
