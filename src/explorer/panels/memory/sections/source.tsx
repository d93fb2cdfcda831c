import { hrefTo } from '../../../core/route.ts';
import { shortened } from '../../../core/text.ts';
import { Moment } from '../../../parts/moment.tsx';
import type { Memory } from '../model/types.ts';

const EXCERPT = 600;

/** Keys of the context that the service knows, in words. */
const named: Record<string, string> = {
  speaker: 'Said by',
  conversationId: 'Conversation',
  turnNumber: 'Turn',
  source: 'Source',
};

const textOf = (value: unknown) => (typeof value === 'string' ? value : JSON.stringify(value));

/** Where the memory comes from: the message and conversation it was made of, and what its writer noted. */
export function Source({ memory: { message, conversation, context } }: { memory: Memory }) {
  const notes = Object.entries(context);
  return (
    <section class="card" aria-labelledby="source-title">
      <h2 id="source-title">Where it comes from</h2>
      {message && (
        <figure class="excerpt">
          <blockquote>
            {message.text === null ? 'The message has no text.' : shortened(message.text, EXCERPT)}
          </blockquote>
          <figcaption class="quiet">
            {message.name ?? message.role.toLowerCase()}, <Moment value={message.createdAt} />, message{' '}
            {message.position + 1}
            {conversation && <> of {conversation.messageCount}</>}
          </figcaption>
        </figure>
      )}
      <dl class="pairs">
        {conversation && (
          <>
            <dt>Conversation</dt>
            <dd>
              <a href={hrefTo('timeline', conversation.id)}>{conversation.title ?? conversation.externalId}</a>
            </dd>
          </>
        )}
        {notes.map(([key, value]) => (
          <>
            <dt key={`${key} name`}>{named[key] ?? key}</dt>
            <dd key={key}>{textOf(value)}</dd>
          </>
        ))}
      </dl>
      {!message && !conversation && notes.length === 0 && (
        <p class="quiet">Nothing was noted of it: it was written as it is, not from a message.</p>
      )}
    </section>
  );
}
