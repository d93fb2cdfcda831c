import type { MemoryStatus, MemoryType } from '../../client/operations/types.ts';

/** A sign for each type beside its colour, so that the colour alone says nothing. */
const signs: Record<MemoryType, string> = {
  EXPERIENCE: '◆',
  FACT: '●',
  INSTRUCTION: '▲',
  PREFERENCE: '♥',
  REFLECTION: '✦',
};

export const memoryTypes = Object.keys(signs) as MemoryType[];

/** The name of a value of an enum as people write it: `UPDATED_AT` is `Updated at`. */
export const words = (name: string) => name.charAt(0) + name.slice(1).toLowerCase().replaceAll('_', ' ');

/** The type of a memory, in its colour. */
export const TypeBadge = ({ type }: { type: MemoryType }) => (
  <span class={`badge type-${type.toLowerCase()}`}>
    <span aria-hidden="true">{signs[type]}</span> {words(type)}
  </span>
);

/** The colour of each type as it is now, e.g. for a canvas: it depends on the theme. */
export function typeColors(): Record<MemoryType, string> {
  const style = getComputedStyle(document.documentElement);
  const colors = memoryTypes.map((type) => [type, style.getPropertyValue(`--type-${type.toLowerCase()}`).trim()]);
  return Object.fromEntries(colors);
}

/** What became of a memory, where it is not simply believed. */
const tones: Record<MemoryStatus, string> = {
  ACTIVE: 'good',
  UPCOMING: 'good',
  DISPUTED: 'bad',
  CORRECTED: 'past',
  RETRACTED: 'past',
  ENDED: 'past',
  EXPIRED: 'past',
  ARCHIVED: 'past',
};

/** All statuses. */
export const memoryStatuses = Object.keys(tones) as MemoryStatus[];

/** The status of a memory. */
export const StatusBadge = ({ status }: { status: MemoryStatus }) => (
  <span class={`badge status-${tones[status]}`}>{words(status)}</span>
);

/** Something that a memory rests on is no longer believed. */
export const SuspectBadge = () => (
  <span class="badge status-suspect" title="Something that it rests on is no longer believed.">
    Suspect
  </span>
);
