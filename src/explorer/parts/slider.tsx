import { useId } from 'preact/hooks';

export interface SliderProps {
  label: string;
  min: number;
  max: number;
  step?: number;
  value: number;
  /** What the value is called, e.g. a date: shown beside the label, and said by screen readers. */
  text: (value: number) => string;
  /** While it moves. */
  onMove?: (value: number) => void;
  /** When it has come to rest. */
  onSet: (value: number) => void;
}

/** A number within a range. */
export function Slider({ label, min, max, step = 1, value, text, onMove, onSet }: SliderProps) {
  const id = useId();
  return (
    <div class="slider">
      <label for={id}>{label}</label>
      <output for={id}>{text(value)}</output>
      <input
        id={id}
        type="range"
        min={min}
        max={max}
        step={step}
        value={value}
        aria-valuetext={text(value)}
        onInput={({ currentTarget }) => onMove?.(Number(currentTarget.value))}
        onChange={({ currentTarget }) => onSet(Number(currentTarget.value))}
      />
    </div>
  );
}
