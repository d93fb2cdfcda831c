import type { ResultOf } from '../../core/graphql.ts';
import { companion, route, setParams } from '../../core/route.ts';
import { useKept } from '../../core/use-kept.ts';
import { useList } from '../../core/use-list.ts';
import { useQuery } from '../../core/use-query.ts';
import { Pager } from '../../parts/pager.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Empty, Failed, Loading } from '../../parts/states.tsx';
import { type Asked, askedBy, inputOf, modes, orders, PAGE, type Variables } from './asked.ts';
import { recall, searchable } from './documents.ts';
import { Result } from './result.tsx';
import { type Found, partsOf, shown, type Weights } from './score.ts';
import { scaleOf } from './score-bar.tsx';
import { Settings } from './settings.tsx';
import { WhyNot } from './why-not.tsx';

type Answered = ResultOf<typeof recall>['recall'];
type Companions = ResultOf<typeof searchable>['companions']['nodes'];

/** What a question finds, and why. */
export default function RecallPanel() {
  const query = useQuery(searchable, {}, { everything: true });
  const asked = askedBy(route.value.params);
  const searched = companion.value ?? query.data?.companions.nodes[0]?.key;
  const variables = variablesOf(asked, searched ?? '');
  return (
    <Panel
      title="Recall"
      intro="What a question finds, and how each score comes about."
      query={{ document: recall, variables }}
    >
      <Answer query={query}>
        {({ companions, viewer }) =>
          searched === undefined ? (
            <Empty title="There is nobody who remembers yet">A companion comes with its first memory.</Empty>
          ) : (
            <>
              <Box asked={asked} companions={companions.nodes} searched={searched} />
              <Columns
                key={`${searched} ${asked.query}`}
                asked={asked}
                variables={variables}
                searched={searched}
                model={viewer.embedding.model}
              />
            </>
          )
        }
      </Answer>
    </Panel>
  );
}

const variablesOf = (asked: Asked, searched: string): Variables => ({
  input: inputOf(asked, searched),
  first: PAGE,
  ...(asked.at && { at: asked.at }),
});

/** The question, and of whose memories. */
const Box = ({ asked, companions, searched }: { asked: Asked; companions: Companions; searched: string }) => (
  <form
    class="recall-box"
    aria-label="Recall"
    onSubmit={(event) => {
      event.preventDefault();
      const query = String(new FormData(event.currentTarget).get('q')).trim();
      setParams({ q: query || undefined, why: undefined });
    }}
  >
    <input
      key={asked.query}
      name="q"
      type="search"
      aria-label="Question, or words in any order"
      placeholder="Ask a question, or give words in any order"
      autocomplete="off"
      maxLength={10_000}
      defaultValue={asked.query}
    />
    {companions.length > 1 && (
      <select
        aria-label="Whose memories are searched"
        value={searched}
        onChange={({ currentTarget }) => setParams({ companion: currentTarget.value })}
      >
        {companions.map(({ key, name }) => (
          <option key={key} value={key}>
            {name}
          </option>
        ))}
      </select>
    )}
    <button type="submit" class="button button-main">
      Recall
    </button>
  </form>
);

function Columns({
  asked,
  variables,
  searched,
  model,
}: {
  asked: Asked;
  variables: Variables;
  searched: string;
  model: string | null;
}) {
  // A page has the weights that its scores are made of beside each result.
  const pageOf = ({ recall: { edges, pageInfo, ...rest } }: { recall: Answered }) => ({
    nodes: edges.map((found) => ({ found, ...rest })),
    pageInfo,
  });
  const list = useList(recall, variables, pageOf, { skip: asked.query === '' });
  // While a slider moves, the results before are seen until the next ones are there.
  const nodes = useKept(list.isLoading && list.nodes.length === 0 ? undefined : list.nodes) ?? [];
  const [first] = nodes;
  return (
    <div class="recall-columns">
      <aside aria-label="Weights and filters">
        <Settings asked={asked} applied={first?.weights} />
      </aside>
      <div class="recall-results">
        {asked.query !== '' && (
          <WhyNot
            key={asked.query}
            asked={asked}
            searched={searched}
            shownFound={nodes.map(({ found }) => found)}
            model={model}
          />
        )}
        <Results asked={asked} list={{ ...list, nodes }} />
      </div>
    </div>
  );
}

interface Listed extends Pick<Answered, 'mode' | 'order' | 'weights'> {
  found: Found;
}

function Results({ asked, list }: { asked: Asked; list: ReturnType<typeof useList<object, object, Listed>> }) {
  const [first] = list.nodes;
  if (asked.query === '') {
    return <Empty title="Ask something">A question as people ask it, or words in any order.</Empty>;
  }
  if (list.error !== undefined && !first) return <Failed error={list.error} retry={list.reload} />;
  if (!first) {
    return list.isLoading ? (
      <Loading what="Searching" />
    ) : (
      <Empty title="Nothing was found">No memory that the filters let through has a word of it, or is like it.</Empty>
    );
  }
  const scale = scaleOf(list.nodes.map(({ found, weights }) => partsOf(found, weights)));
  return (
    <>
      <p class="quiet">
        {modes[first.mode]}, {orders[first.order].toLowerCase()}. Relevance is ({factors(first.weights)}), multiplied by
        the cues.
      </p>
      <ol class="results" aria-label="Results" aria-busy={list.isLoading}>
        {list.nodes.map(({ found, weights }, index) => (
          <li key={found.node.id}>
            <Result found={found} weights={weights} scale={scale} place={index + 1} />
          </li>
        ))}
      </ol>
      <Pager list={list} of="results" />
    </>
  );
}

const factors = ({ vector, lexical }: Weights): string =>
  `${shown(lexical)} × (words + spread) + ${shown(vector)} × vector`;
