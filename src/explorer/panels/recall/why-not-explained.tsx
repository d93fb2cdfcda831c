import type { ResultOf } from '../../core/graphql.ts';
import { plainId } from '../../core/point.ts';
import { user } from '../../core/route.ts';
import { useQuery } from '../../core/use-query.ts';
import { MemoryCard } from '../../parts/memory-card.tsx';
import { Answer, Failed, Loading } from '../../parts/states.tsx';
import { type Asked, inputOf } from './asked.ts';
import { alone, missed, whole } from './documents.ts';
import { exclusions, type Missed, verdict } from './reasons.ts';
import { Result } from './result.tsx';
import { partsOf, shown } from './score.ts';
import { scaleOf } from './score-bar.tsx';
import type { WhyNotProps } from './why-not.tsx';

/** Why a memory is not among the results: what excludes it, or what it scores beside them. */
export function Explained({ id, ...props }: WhyNotProps & { id: string }) {
  const { at } = props.asked;
  const query = useQuery(missed, { id, ...(at && { at }) }, { everything: true });
  return (
    <Answer query={query}>
      {({ memory }) =>
        memory ? (
          <Reasons memory={memory} {...props} />
        ) : (
          <p role="status">
            {at
              ? 'It was not known at that point in time, or has been forgotten.'
              : 'There is no such memory, or it has been forgotten.'}
          </p>
        )
      }
    </Answer>
  );
}

/** A search that can find nothing but this memory: all that was recorded at its moment, with its status. */
function inputAlone(asked: Asked, memory: Missed) {
  const { filter: _filter, order: _order, ...input } = inputOf(asked, memory.companion.key);
  const until = new Date(Date.parse(memory.recordedAt) + 1).toISOString();
  return {
    ...input,
    minSimilarity: -1,
    filter: { statuses: [memory.status], types: [memory.type], recordedAt: { from: memory.recordedAt, until } },
  };
}

function Reasons({ memory, asked, searched, shownFound, model }: WhyNotProps & { memory: Missed }) {
  const excluded = exclusions(memory, { asked, companion: searched, user: user.value });
  const at = asked.at && { at: asked.at };
  // What the chosen companion and user hide is compared in the whole workspace.
  const everything = excluded.length > 0;
  const single = useQuery(alone, { input: inputAlone(asked, memory), ...at }, { everything });
  const list = useQuery(whole, { input: inputOf(asked, searched), ...at });
  const error = single.error ?? list.error;
  const retry = () => {
    single.reload();
    list.reload();
  };
  return (
    <>
      {error !== undefined && <Failed error={error} retry={retry} />}
      {error === undefined && !(single.data && list.data) && <Loading what="Comparing" />}
      {single.data && list.data && (
        <Comparison
          memory={memory}
          excluded={excluded}
          single={single.data.recall}
          list={list.data.recall}
          shownCount={shownFound.length}
          model={model}
        />
      )}
    </>
  );
}

interface ComparisonProps {
  memory: Missed;
  excluded: readonly string[];
  single: ResultOf<typeof alone>['recall'];
  list: ResultOf<typeof whole>['recall'];
  shownCount: number;
  model: string | null;
}

function Comparison({ memory, excluded, single, list, shownCount, model }: ComparisonProps) {
  const isIt = (edge: { node: { id: string } }) => plainId(edge.node.id) === plainId(memory.id);
  const found = single.edges.find(isIt);
  const place = list.edges.findIndex(isIt);
  const explanation = found?.explanation;
  const why = verdict({
    mode: single.mode,
    model,
    score: found && {
      value: found.score,
      similarity: found.explanation.similarity,
      hasWords: found.explanation.terms.length > 0,
      isNear: found.explanation.spread !== null,
    },
    list: list.edges.map(({ score }) => score),
    shown: shownCount,
    isCut: list.pageInfo.hasNextPage,
  });
  const has = explanation?.terms.map(({ term }) => term) ?? [];
  const inOthers = new Set(list.edges.flatMap((edge) => edge.explanation.matchedTerms));
  const lacks = [...inOthers].filter((term) => !has.includes(term));
  return (
    <div class="why-answer" role="status" aria-label="Why not this one">
      {excluded.map((reason) => (
        <p key={reason} class="reason">
          {reason}
        </p>
      ))}
      {excluded.length === 0 && <p class="reason">{place >= 0 ? listedText(place, shownCount, list.order) : why}</p>}
      {excluded.length > 0 && found && (
        <p>
          Let through, it would score {shown(found.score)}: place{' '}
          {list.edges.filter(({ score }) => score > found.score).length + 1} by score.
        </p>
      )}
      {excluded.length > 0 && !found && <p>Let through, it would not be found either. {why}</p>}
      {lacks.length > 0 && (
        <p>
          Words of the question that results have and it lacks:{' '}
          {lacks.map((term) => (
            <span key={term} class="chip">
              {term}
            </span>
          ))}
        </p>
      )}
      <p class="quiet">Words that no result has are not said by the server, and so not compared.</p>
      {found ? (
        <Result found={found} weights={single.weights} scale={scaleOf([partsOf(found, single.weights)])} />
      ) : (
        <MemoryCard memory={memory} />
      )}
    </div>
  );
}

function listedText(place: number, shownCount: number, order: string): string {
  if (place < shownCount) return `It was found: it is result ${place + 1}.`;
  const where = order === 'RELEVANCE' ? '' : ' of this order';
  return `It was found, in place ${place + 1}${where}; ${shownCount} are shown. “More” shows further ones.`;
}
