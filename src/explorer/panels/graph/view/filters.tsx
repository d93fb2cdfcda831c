import { useState } from 'preact/hooks';
import { go, setParams } from '../../../core/route.ts';
import { memoryStatuses, memoryTypes, TypeBadge } from '../../../parts/badges.tsx';
import { Slider } from '../../../parts/slider.tsx';
import type { Start } from '../load/start.ts';
import type { Filters } from '../model/view.ts';
import { amounts, relationTypes, setList } from './address.ts';

export interface FilterBarProps {
  start: Start;
  filters: Filters;
  isTinted: boolean;
}

/** What the graph begins with, and what of it is shown. */
export const FilterBar = ({ start, filters, isTinted }: FilterBarProps) => (
  <div class="graph-bar">
    <StartForm start={start} />
    <fieldset class="graph-types">
      <legend class="visually-hidden">Types</legend>
      {memoryTypes.map((type) => (
        <label key={type} class="graph-type">
          <input
            type="checkbox"
            checked={isOn(filters.types, type)}
            onChange={() => setList('types', toggled(filters.types, memoryTypes, type), memoryTypes)}
          />
          <TypeBadge type={type} />
        </label>
      ))}
    </fieldset>
    <details class="graph-more">
      <summary class="button">More filters{countOf(filters)}</summary>
      <div class="card graph-filters">
        <Choices title="Status at the clocks" name="statuses" values={memoryStatuses} chosen={filters.statuses} />
        <Choices title="Relations" name="relations" values={relationTypes} chosen={filters.relations} />
        <Strength strength={filters.minStrength} />
        <Switch name="entities" isOn={filters.throughEntities} on="1">
          Through entities: show what several memories mention
        </Switch>
        <Switch name="tints" isOn={isTinted} on="1" off="0">
          Tint what belongs together
        </Switch>
        <p class="quiet">The companion and the user are chosen at the top of the page.</p>
      </div>
    </details>
  </div>
);

function StartForm({ start }: { start: Start }) {
  return (
    <form
      class="graph-start"
      onSubmit={(event) => {
        event.preventDefault();
        const query = String(new FormData(event.currentTarget).get('words')).trim();
        go('graph', undefined, { q: query || undefined });
      }}
    >
      <input
        key={start.by === 'words' ? start.query : ''}
        name="words"
        type="search"
        aria-label="Begin with what is found for"
        placeholder="Begin with what is found for …"
        autocomplete="off"
        maxLength={1_000}
        defaultValue={start.by === 'words' ? start.query : ''}
      />
      {start.by === 'importance' ? (
        <select
          aria-label="How many memories"
          value={start.most}
          onChange={({ currentTarget }) => setParams({ most: currentTarget.value })}
        >
          {[...new Set([...amounts, start.most])]
            .sort((a, b) => a - b)
            .map((most) => (
              <option key={most} value={most}>
                {most.toLocaleString()} most important
              </option>
            ))}
        </select>
      ) : (
        <button type="button" class="button" onClick={() => go('graph')}>
          Most important
        </button>
      )}
    </form>
  );
}

function Choices<Value extends string>({
  title,
  name,
  values,
  chosen,
}: {
  title: string;
  name: string;
  values: readonly Value[];
  /** None: all. */
  chosen: readonly Value[];
}) {
  return (
    <fieldset>
      <legend>{title}</legend>
      <div class="graph-choices">
        {values.map((value) => (
          <label key={value} class="graph-check">
            <input
              type="checkbox"
              checked={isOn(chosen, value)}
              onChange={() => setList(name, toggled(chosen, values, value), values)}
            />
            {value.charAt(0) + value.slice(1).toLowerCase()}
          </label>
        ))}
      </div>
    </fieldset>
  );
}

function Strength({ strength }: { strength: number }) {
  const [moved, setMoved] = useState<number>();
  return (
    <Slider
      label="Relations at least this strong"
      min={0}
      max={1}
      step={0.05}
      value={moved ?? strength}
      text={(value) => value.toFixed(2)}
      onMove={setMoved}
      onSet={(value) => {
        setMoved(undefined);
        setParams({ strength: value > 0 ? String(value) : undefined }, { replace: true });
      }}
    />
  );
}

const Switch = ({
  name,
  isOn: checked,
  on,
  off,
  children,
}: {
  name: string;
  isOn: boolean;
  /** What the address says of it where it is on, or off. */
  on?: string;
  off?: string;
  children: string;
}) => (
  <label class="graph-check">
    <input
      type="checkbox"
      checked={checked}
      onChange={() => setParams({ [name]: checked ? off : on }, { replace: true })}
    />
    {children}
  </label>
);

const isOn = <Value,>(chosen: readonly Value[], value: Value): boolean => chosen.length === 0 || chosen.includes(value);

/** With a value taken out, or put in. The last one stays: nothing at all is nothing to look at. */
function toggled<Value>(chosen: readonly Value[], all: readonly Value[], value: Value): Value[] {
  const before = chosen.length === 0 ? all : chosen;
  const after = all.filter((each) => (each === value ? !before.includes(each) : before.includes(each)));
  return after.length === 0 ? [value] : after;
}

function countOf({ statuses, relations, minStrength, throughEntities }: Filters): string {
  const count = [statuses.length > 0, relations.length > 0, minStrength > 0, throughEntities].filter(Boolean).length;
  return count > 0 ? `: ${count}` : '';
}
