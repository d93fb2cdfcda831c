import { useEffect, useId, useState } from 'preact/hooks';
import { run } from '../../core/api.ts';
import type { ResultOf } from '../../core/graphql.ts';
import { messageOf } from '../../core/text.ts';
import { useForm } from '../form-dialog.tsx';
import { findMemories, memoryById } from './documents.ts';

/** A memory that was found. */
export type FoundMemory = NonNullable<ResultOf<typeof memoryById>['memory']>;

/** So long nothing more must be typed before a search is made, in milliseconds. */
const PAUSE_MS = 250;
const isId = (text: string) => /^mem_[0-9a-z]{26}$/.test(text);

async function search(companion: string, text: string): Promise<readonly FoundMemory[]> {
  if (isId(text)) {
    const { memory } = await run(memoryById, { id: text }, { everything: true });
    return memory ? [memory] : [];
  }
  const { recall } = await run(findMemories, { companion, text }, { everything: true });
  return recall.nodes;
}

/** What a text finds, `undefined` while nothing has been answered, or why not; memories in `without` are left out. */
function useFound(companion: string, text: string, without: readonly string[]) {
  const [found, setFound] = useState<readonly FoundMemory[]>();
  const [error, setError] = useState<unknown>();
  useEffect(() => {
    setFound(undefined);
    setError(undefined);
    if (text === '') return;
    let isOver = false;
    const timer = setTimeout(() => {
      search(companion, text).then(
        (memories) => isOver || setFound(memories.filter(({ id }) => !without.includes(id))),
        (failure) => isOver || setError(failure),
      );
    }, PAUSE_MS);
    return () => {
      isOver = true;
      clearTimeout(timer);
    };
  }, [companion, text]);
  return { found, error };
}

export interface FindMemoryProps {
  label: string;
  /** The name of the field whose messages are shown here. */
  name: string;
  /** The key of the companion whose memories are searched. */
  companion: string;
  /** Ids that are not offered, such as the versions of the memory itself. */
  without: readonly string[];
  chosen: FoundMemory | undefined;
  onChoose: (memory: FoundMemory | undefined) => void;
}

/** A search box to choose a memory by; an id may be given, too. */
export function FindMemory({ label, name, companion, without, chosen, onChoose }: FindMemoryProps) {
  const [text, setText] = useState('');
  const { failure } = useForm();
  const id = useId();
  const wrong = failure?.fields[name];
  const { found, error } = useFound(companion, text.trim(), without);
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {chosen ? (
        <div class="chosen">
          <span>{chosen.content}</span>
          <button type="button" class="button" onClick={() => onChoose(undefined)}>
            Choose another
          </button>
        </div>
      ) : (
        <input
          id={id}
          type="search"
          value={text}
          autocomplete="off"
          placeholder="Words of it, or its id"
          aria-invalid={wrong !== undefined}
          aria-describedby={wrong && `${id}-wrong`}
          onInput={({ currentTarget }) => setText(currentTarget.value)}
        />
      )}
      {!chosen && !found && error === undefined && text.trim() !== '' && <p class="quiet">Searching…</p>}
      {!chosen && error !== undefined && (
        <p class="field-wrong" role="alert">
          {messageOf(error)}
        </p>
      )}
      {!chosen && found && (
        <ul class="found" aria-label="Memories found">
          {found.length === 0 && <li class="quiet">Nothing is found.</li>}
          {found.map((memory) => (
            <li key={memory.id}>
              <button type="button" onClick={() => onChoose(memory)}>
                {memory.content}
              </button>
            </li>
          ))}
        </ul>
      )}
      {wrong && (
        <p class="field-wrong" id={`${id}-wrong`} role="alert">
          {wrong}
        </p>
      )}
    </div>
  );
}
