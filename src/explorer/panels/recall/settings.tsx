import { useState } from 'preact/hooks';
import { timeZone } from '../../core/moments.ts';
import { memoryStatuses, memoryTypes, words } from '../../parts/badges.tsx';
import { asParam, CheckGroup } from '../../parts/check-group.tsx';
import { MomentInput } from '../../parts/moment-input.tsx';
import { Slider } from '../../parts/slider.tsx';
import { type Asked, modes, orders, set, settingsMade, type WeightName, weightNames, weightSettings } from './asked.ts';
import type { Weights } from './score.ts';

/** Below this width the settings are folded, so that results come first. */
const WIDE = matchMedia('(min-width: 1081px)');

/** What a recall takes besides the question: all of it is in the address. */
export function Settings({ asked, applied }: { asked: Asked; applied: Weights | undefined }) {
  const [isOpen] = useState(WIDE.matches || settingsMade(asked) > 0);
  const made = settingsMade(asked);
  return (
    <details class="card recall-settings" open={isOpen}>
      <summary>Weights and filters{made > 0 && ` (${made} set)`}</summary>
      <div class="settings-body">
        <WeightSliders asked={asked} applied={applied} />
        <Choice label="Search by" name="mode" chosen={asked.mode ?? 'HYBRID'} options={modes} />
        <Choice
          label="Order"
          name="order"
          chosen={asked.order ?? ''}
          options={{ '': 'As the question asks', ...orders }}
        />
        <CheckGroup
          label="Types"
          options={memoryTypes.map((value) => ({ value, text: words(value) }))}
          chosen={asked.types}
          onSet={(types) => set({ types: asParam(types) })}
        />
        <CheckGroup
          label="Statuses"
          options={memoryStatuses.map((value) => ({ value, text: words(value) }))}
          chosen={asked.statuses}
          onSet={(statuses) => set({ statuses: asParam(statuses) })}
        />
        <p class="quiet">No status ticked: active and disputed ones. No type ticked: all types.</p>
        <LeastImportance value={asked.minImportance ?? 0} />
        <MomentInput label="As known at" value={asked.at?.knownAt} onSet={(knownAt) => set({ knownAt })} />
        <MomentInput label="True at" value={asked.at?.validAt} onSet={(validAt) => set({ validAt })} />
        <p class="quiet">Empty: now. Times are those of {timeZone}.</p>
        {made > 0 && (
          <button type="button" class="button" onClick={reset}>
            Reset all of these
          </button>
        )}
      </div>
    </details>
  );
}

function reset(): void {
  const weights = Object.fromEntries(weightNames.map((name) => [`w.${name}`, undefined]));
  const filters = { mode: undefined, order: undefined, types: undefined, statuses: undefined, min: undefined };
  set({ ...weights, ...filters, knownAt: undefined, validAt: undefined });
}

/** The weights of the score; those of words and of vectors belong to the model, and are said with the results. */
const WeightSliders = ({ asked, applied }: { asked: Asked; applied: Weights | undefined }) => (
  <fieldset class="weights">
    <legend>Weights</legend>
    {weightNames.map((name) => (
      <WeightSlider
        key={name}
        name={name}
        value={asked.weights[name] ?? applied?.[name] ?? weightSettings[name].standard}
      />
    ))}
  </fieldset>
);

function WeightSlider({ name, value }: { name: WeightName; value: number }) {
  const { most, text } = weightSettings[name];
  const [moving, setMoving] = useState<number>();
  return (
    <Slider
      label={text}
      min={0}
      max={Math.max(most, value)}
      step={0.05}
      value={moving ?? value}
      text={(weight) => String(Number(weight.toFixed(3)))}
      onMove={setMoving}
      onSet={(weight) => {
        setMoving(undefined);
        set({ [`w.${name}`]: String(weight) });
      }}
    />
  );
}

function LeastImportance({ value }: { value: number }) {
  const [moving, setMoving] = useState<number>();
  return (
    <Slider
      label="Importance of at least"
      min={0}
      max={10}
      step={0.5}
      value={moving ?? value}
      text={(least) => (least === 0 ? 'any' : `${least} of 10`)}
      onMove={setMoving}
      onSet={(least) => {
        setMoving(undefined);
        set({ min: least === 0 ? undefined : String(least) });
      }}
    />
  );
}

const Choice = ({
  label,
  name,
  chosen,
  options,
}: {
  label: string;
  name: string;
  chosen: string;
  options: Readonly<Record<string, string>>;
}) => (
  <div class="field">
    <label for={`recall-${name}`}>{label}</label>
    <select
      id={`recall-${name}`}
      value={chosen}
      onChange={({ currentTarget }) => set({ [name]: currentTarget.value || undefined })}
    >
      {Object.entries(options).map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  </div>
);
