import { useEffect, useRef, useState } from 'preact/hooks';
import type { GraphQLDocument } from '../../client/document.ts';
import { keyChanges, run } from './api.ts';
import { live } from './live.ts';
import { companion, user } from './route.ts';

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
  /** What costs the server much is asked for again at most once in so many milliseconds, however much changes. Default: 0. */
  calmMs?: number;
}

/** Asks when the component appears, when the variables, the companion, the user or the key change, and when `live` says so. */
export function useQuery<Data, Variables extends object>(
  document: GraphQLDocument<Data, Variables>,
  variables: Variables,
  { everything = false, skip = false, calmMs = 0 }: QueryOptions = {},
): Query<Data> {
  const [state, setState] = useState<Omit<Query<Data>, 'reload'>>({
    data: undefined,
    error: undefined,
    isLoading: !skip,
  });
  const [asked, setAsked] = useState(0);
  const changes = useCalm(live.value, calmMs);
  const text = JSON.stringify(variables);
  const subject = useRef('');
  const scope = everything ? '' : JSON.stringify([companion.value, user.value]);
  useEffect(() => {
    const of = `${document}${text}${scope}`;
    // The answer to another question is not shown as if it were to this one.
    const isOther = subject.current !== of;
    subject.current = of;
    if (skip) {
      setState({ data: undefined, error: undefined, isLoading: false });
      return;
    }
    const ending = new AbortController();
    setState(({ data }) => ({ data: isOther ? undefined : data, error: undefined, isLoading: true }));
    run(document, JSON.parse(text) as Variables, { signal: ending.signal, everything }).then(
      (data) => ending.signal.aborted || setState({ data, error: undefined, isLoading: false }),
      (error) => ending.signal.aborted || setState(({ data }) => ({ data, error, isLoading: false })),
    );
    return () => ending.abort();
  }, [document, text, scope, everything, skip, asked, changes, keyChanges.value]);
  return { ...state, reload: () => setAsked((times) => times + 1) };
}

/** A value that changes at most once in so many milliseconds, and is the latest in the end. */
function useCalm<Value>(value: Value, ms: number): Value {
  const [calm, setCalm] = useState(value);
  const changedAt = useRef(Number.NEGATIVE_INFINITY);
  useEffect(() => {
    if (ms === 0 || value === calm) return;
    const change = () => {
      changedAt.current = performance.now();
      setCalm(value);
    };
    const timer = setTimeout(change, Math.max(0, changedAt.current + ms - performance.now()));
    return () => clearTimeout(timer);
  }, [value, calm, ms]);
  return ms === 0 ? value : calm;
}
