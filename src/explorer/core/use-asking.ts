import { useEffect, useRef } from 'preact/hooks';

/**
 * Asks when the question changes, and gives up what was on its way to another one. After a change alone it asks once more,
 * but not before the running request has ended: so answers arrive also where changes come faster than answers do.
 * `ask` does not reject; what it takes is among the parts of the question.
 */
export function useAsking(
  ask: (signal: AbortSignal) => Promise<void>,
  question: readonly unknown[],
  changes: unknown,
): void {
  const again = useRef(() => {});
  const seen = useRef(changes);
  useEffect(() => {
    seen.current = changes;
    const ending = new AbortController();
    let isAsking = false;
    let isDue = false;
    const start = async () => {
      isDue = true;
      if (isAsking) return;
      isAsking = true;
      while (isDue && !ending.signal.aborted) {
        isDue = false;
        await ask(ending.signal);
      }
      isAsking = false;
    };
    again.current = () => void start();
    void start();
    return () => ending.abort();
  }, question);
  useEffect(() => {
    if (seen.current === changes) return;
    seen.current = changes;
    again.current();
  }, [changes]);
}
