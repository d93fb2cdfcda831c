import { useRef } from 'preact/hooks';

/** A value, or while there is none the one before it, so that what is shown does not vanish while it is asked for again. */
export function useKept<Value>(value: Value | undefined): Value | undefined {
  const kept = useRef(value);
  if (value !== undefined) kept.current = value;
  return kept.current;
}
