import type { ComponentChildren } from 'preact';
import { shortened } from '../../../core/text.ts';
import { type Change, countOf, type Differences, type RelationChange } from '../model/differences.ts';

const MOST = 50;
/** Longer lists are folded at first. */
const MOST_OPEN = 30;
const LENGTH = 160;

/** What differs between the moment of the clocks and now, as lists. */
export function ThenAndNow({
  differences,
  when,
  onSelect,
}: {
  differences: Differences;
  /** The moment of the clocks, in words. */
  when: string;
  onSelect: (id: string) => void;
}) {
  const { added, ended, changed, relationsAdded, relationsEnded } = differences;
  const change = ({ memory, how }: Change) => (
    <li key={memory.id}>
      <button type="button" class="link" onClick={() => onSelect(memory.id)}>
        {shortened(memory.content, LENGTH)}
      </button>{' '}
      <span class="quiet">{how}</span>
    </li>
  );
  const relation = ({ relation: { id, type }, from, to }: RelationChange) => (
    <li key={id}>
      <button type="button" class="link" onClick={() => onSelect(from.id)}>
        {shortened(from.content, LENGTH / 2)}
      </button>{' '}
      <span class="quiet">{type.toLowerCase()} →</span>{' '}
      <button type="button" class="link" onClick={() => onSelect(to.id)}>
        {shortened(to.content, LENGTH / 2)}
      </button>
    </li>
  );
  return (
    <section class="card graph-differences" aria-labelledby="graph-differences-title">
      <h2 id="graph-differences-title">What differs between {when} and now</h2>
      {countOf(differences) === 0 && <p class="quiet">Nothing, of the memories in this graph.</p>}
      <List title="Memories since then" mark="added" items={added.map(change)} />
      <List title="Memories that counted then, and no longer do" mark="ended" items={ended.map(change)} />
      <List title="Memories that have changed" mark="changed" items={changed.map(change)} />
      <List title="Relations since then" mark="added" items={relationsAdded.map(relation)} />
      <List title="Relations that have ended" mark="ended" items={relationsEnded.map(relation)} />
    </section>
  );
}

function List({ title, mark, items }: { title: string; mark: string; items: ComponentChildren[] }) {
  if (items.length === 0) return null;
  return (
    <details class={`graph-list-of-${mark}`} open={items.length <= MOST_OPEN}>
      <summary>
        {title}: {items.length}
      </summary>
      <ul>
        {items.slice(0, MOST)}
        {items.length > MOST && <li class="quiet">and {items.length - MOST} more</li>}
      </ul>
    </details>
  );
}
