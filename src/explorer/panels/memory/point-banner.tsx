import { useState } from 'preact/hooks';
import { fromInput, minuteText, timeZone, toInput } from '../../core/moments.ts';
import { type Point, plainId } from '../../core/point.ts';
import { hrefTo, route, setParams } from '../../core/route.ts';

const wordsOf = ({ validAt, knownAt }: Point): string => {
  if (validAt && knownAt) return `at ${minuteText(validAt)} in the world, as it was known at ${minuteText(knownAt)}`;
  if (validAt) return `at ${minuteText(validAt)} in the world, as it is known today`;
  return `as it was known at ${minuteText(knownAt as string)}`;
};

/** Says at which point in time the memory is looked at, and lets another one be chosen. */
export function PointBanner({ at }: { at: Point | undefined }) {
  const { id = '' } = route.value;
  return (
    <div class={`point ${at ? 'point-past' : ''}`}>
      {at && (
        <p>
          You see this memory {wordsOf(at)}. Nothing can be changed there.{' '}
          <a href={hrefTo('memory', plainId(id))}>See it as it is now</a>
        </p>
      )}
      <details>
        <summary>See it at {at ? 'another' : 'a'} point in time</summary>
        <PointForm at={at} />
      </details>
    </div>
  );
}

function PointForm({ at }: { at: Point | undefined }) {
  const [validAt, setValidAt] = useState(at?.validAt ? toInput(at.validAt) : '');
  const [knownAt, setKnownAt] = useState(at?.knownAt ? toInput(at.knownAt) : '');
  return (
    <form
      class="moment-form"
      onSubmit={(event) => {
        event.preventDefault();
        setParams({ validAt: fromInput(validAt), knownAt: fromInput(knownAt) });
      }}
    >
      <label>
        When it was true
        <input type="datetime-local" value={validAt} onInput={({ currentTarget }) => setValidAt(currentTarget.value)} />
      </label>
      <label>
        When it was known
        <input type="datetime-local" value={knownAt} onInput={({ currentTarget }) => setKnownAt(currentTarget.value)} />
      </label>
      <button type="submit" class="button">
        Show
      </button>
      <p class="quiet">In the time zone {timeZone}. Left empty: now.</p>
    </form>
  );
}
