import { useState } from 'preact/hooks';
import { plainId } from '../../core/point.ts';
import { route, setParams } from '../../core/route.ts';
import { shortened } from '../../core/text.ts';
import { useQuery } from '../../core/use-query.ts';
import { StatusBadge } from '../../parts/badges.tsx';
import { Answer } from '../../parts/states.tsx';
import type { Asked } from './asked.ts';
import { candidates } from './documents.ts';
import type { Found } from './score.ts';
import { Explained } from './why-not-explained.tsx';

/** So many characters of each memory are shown. */
const LENGTH = 200;

/** Where why-not begins: asks which memory is meant. */
export interface WhyNotProps {
  asked: Asked;
  /** The key of the companion that is searched. */
  searched: string;
  /** The results that are shown. */
  shownFound: readonly Found[];
  model: string | null;
}

/** "Why not this one?": a memory is found in another way, and compared with the results. */
export function WhyNot(props: WhyNotProps) {
  const { why } = route.value.params;
  const [sought, setSought] = useState('');
  const [isOpen, setOpen] = useState(why !== undefined);
  return (
    <details class="card why-not" open={isOpen} onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary>Not found? Why not this one?</summary>
      <form
        class="recall-box"
        aria-label="Find the memory that is missed"
        onSubmit={(event) => {
          event.preventDefault();
          const text = String(new FormData(event.currentTarget).get('missed')).trim();
          if (text.startsWith('mem_')) pick(plainId(text));
          else {
            setParams({ why: undefined }, { replace: true });
            setSought(text);
          }
        }}
      >
        <input
          name="missed"
          type="search"
          aria-label="Words of the memory that is missed, or its id"
          placeholder="Words of the memory that is missed, or its id, mem_…"
          autocomplete="off"
          maxLength={500}
        />
        <button type="submit" class="button">
          Find it
        </button>
      </form>
      {why === undefined ? (
        sought !== '' && <Candidates text={sought} at={props.asked.at} />
      ) : (
        <Explained id={why} {...props} />
      )}
    </details>
  );
}

const pick = (id: string) => setParams({ why: id });

/** Memories with all these words, with any status. */
function Candidates({ text, at }: { text: string; at: Asked['at'] }) {
  const query = useQuery(candidates, { text, ...(at && { at }) }, { everything: true });
  return (
    <Answer query={query}>
      {({ memories: { nodes, pageInfo } }) =>
        nodes.length === 0 ? (
          <p class="quiet">No memory of any status has all of these words.</p>
        ) : (
          <>
            <p class="quiet">Which one is missed?</p>
            <ul class="candidates">
              {nodes.map(({ id, content, status }) => (
                <li key={id}>
                  <button type="button" class="candidate" onClick={() => pick(plainId(id))}>
                    <StatusBadge status={status} /> {shortened(content, LENGTH)}
                  </button>
                </li>
              ))}
            </ul>
            {pageInfo.hasNextPage && <p class="quiet">There are more. Further words narrow it down.</p>}
          </>
        )
      }
    </Answer>
  );
}
