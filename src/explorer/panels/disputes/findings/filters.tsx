import { useState } from 'preact/hooks';
import { route } from '../../../core/route.ts';
import { percent } from '../../../core/text.ts';
import { asParam, CheckGroup } from '../../../parts/check-group.tsx';
import { findingKinds, kindNames } from '../../../parts/finding/words.ts';
import { Slider } from '../../../parts/slider.tsx';
import { askedBy, LEAST, set } from './asked.ts';

/** Which findings are listed. */
export function Filters() {
  const { kinds, minScore } = askedBy(route.value.params);
  const [moving, setMoving] = useState<number>();
  return (
    <>
      <CheckGroup
        label="Kind"
        options={findingKinds.map((value) => ({ value, text: kindNames[value] }))}
        chosen={kinds}
        onSet={(chosen) => set({ kinds: asParam(chosen) })}
      />
      <Slider
        label="How sure"
        min={LEAST}
        max={1}
        step={0.05}
        value={moving ?? minScore}
        text={(value) => (value <= LEAST ? 'all' : `at least ${percent(value)}`)}
        onMove={setMoving}
        onSet={(value) => {
          setMoving(undefined);
          set({ min: value <= LEAST ? undefined : String(value) });
        }}
      />
    </>
  );
}
