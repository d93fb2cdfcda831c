const date = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'full', timeStyle: 'long' });

/** A moment: the day, and all of it where the pointer rests. `value`: as GraphQL has it. */
export const DateTime = ({ value }: { value: string }) => (
  <time dateTime={value} title={exact.format(new Date(value))}>
    {date.format(new Date(value))}
  </time>
);

/** From when to when something holds. */
export const Span = ({ from, until }: { from: string; until: string | null }) => (
  <span class="span">
    {until === null ? (
      <>
        since <DateTime value={from} />
      </>
    ) : (
      <>
        <DateTime value={from} /> to <DateTime value={until} />
      </>
    )}
  </span>
);
