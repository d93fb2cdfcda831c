import { useEffect, useRef, useState } from 'preact/hooks';
import { live, ownChanges } from './live.ts';

/** Another text after each change: what others do at most once in `calmMs` milliseconds, one's own changes at once. */
export const useRevision = (calmMs = 0): string => `${useCalm(live.value, calmMs)} ${ownChanges.value}`;

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
