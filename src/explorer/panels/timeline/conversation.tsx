import type { ResultOf } from '../../core/graphql.ts';
import { hrefTo } from '../../core/route.ts';
import { useList } from '../../core/use-list.ts';
import { useQuery } from '../../core/use-query.ts';
import { words } from '../../parts/badges.tsx';
import { DateTime } from '../../parts/date-time.tsx';
import { MemoryCard } from '../../parts/memory-card.tsx';
import { Pager } from '../../parts/pager.tsx';
import { Panel } from '../../parts/panel.tsx';
import { Answer, Empty, Failed } from '../../parts/states.tsx';
import { transcript } from './documents.ts';

type Node = ResultOf<typeof transcript>['node'];
type ConversationNode = Extract<Node, { __typename: 'Conversation' }>;
type Message = ConversationNode['messages']['nodes'][number];

const noPage = { nodes: [], pageInfo: { hasNextPage: false, endCursor: null } };
const isConversation = (node: Node): node is ConversationNode => node?.__typename === 'Conversation';

/** One conversation: what was said, and the memories that came of it. */
export function Conversation({ id }: { id: string }) {
  const variables = { id };
  const query = useQuery(transcript, variables);
  const list = useList(transcript, variables, ({ node }) => (isConversation(node) ? node.messages : noPage));
  const node = query.data?.node;
  const title = node && isConversation(node) ? (node.title ?? node.externalId) : 'Conversation';
  return (
    <Panel
      title={title}
      intro="What was said, and the memories that came of it."
      query={{ document: transcript, variables }}
      actions={
        <a class="button" href={hrefTo('timeline')}>
          To the time line
        </a>
      }
    >
      <Answer query={query}>
        {({ node: found }) =>
          isConversation(found) ? (
            <>
              <Facts conversation={found} />
              {list.error !== undefined && list.nodes.length === 0 && <Failed error={list.error} retry={list.reload} />}
              {list.hasAnswer && list.nodes.length === 0 && <Empty title="Nothing has been said yet" />}
              <ol class="messages" aria-label="Messages">
                {list.nodes.map((message) => (
                  <li key={message.id}>
                    <Said message={message} />
                  </li>
                ))}
              </ol>
              <Pager list={list} of="messages" />
            </>
          ) : (
            <Empty title="There is no such conversation">
              It may have been deleted, or be of another companion or user.
            </Empty>
          )
        }
      </Answer>
    </Panel>
  );
}

const Facts = ({ conversation }: { conversation: ConversationNode }) => (
  <dl class="pairs card">
    <dt>Companion</dt>
    <dd>{conversation.companion.name}</dd>
    {conversation.user && (
      <>
        <dt>With</dt>
        <dd>{conversation.user.externalId}</dd>
      </>
    )}
    <dt>Begun</dt>
    <dd>
      <DateTime value={conversation.createdAt} />
    </dd>
    {conversation.lastMessageAt && (
      <>
        <dt>Newest message</dt>
        <dd>
          <DateTime value={conversation.lastMessageAt} />
        </dd>
      </>
    )}
    <dt>Memories that came of it</dt>
    <dd>{conversation.memories.totalCount.toLocaleString()} believed now</dd>
  </dl>
);

const Said = ({ message }: { message: Message }) => (
  <article class={`card message message-${message.role.toLowerCase()}`}>
    <p class="quiet facts">
      <b>{message.name ?? words(message.role)}</b>
      <span>
        <DateTime value={message.createdAt} /> {new Date(message.createdAt).toLocaleTimeString()}
      </span>
    </p>
    {message.isForgotten ? (
      <p class="quiet">Its memory was forgotten, and its words with it.</p>
    ) : (
      <p class="message-text">{message.text ?? '(no text)'}</p>
    )}
    {message.toolCalls.length > 0 && <p class="quiet">Tools: {message.toolCalls.map(({ name }) => name).join(', ')}</p>}
    {message.memory && (
      <details open={message.memory.content !== message.text}>
        <summary>Became a memory</summary>
        <MemoryCard memory={message.memory} />
      </details>
    )}
  </article>
);
