import type { ComponentChildren } from 'preact';
import type { ResultOf } from '../core/graphql.ts';
import { hrefTo } from '../core/route.ts';
import { percent } from '../core/text.ts';
import { StatusBadge, SuspectBadge, TypeBadge } from './badges.tsx';
import { Span } from './date-time.tsx';
import type { memoryCard } from './documents.ts';

/** What the fragment `memoryCard` asks for. */
export type CardMemory = ResultOf<typeof memoryCard>;

/** Leads to a memory; `params`, e.g. the moment it is looked at, go with it. */
export const MemoryLink = ({
  id,
  children,
  params,
}: {
  id: string;
  children: ComponentChildren;
  params?: Record<string, string | undefined> | undefined;
}) => (
  <a class="memory-link" href={hrefTo('memory', id, params)}>
    {children}
  </a>
);

/** A memory in a list. Further lines and buttons are its children; `content` shows what it says in another way. */
export const MemoryCard = ({
  memory,
  content = memory.content,
  children,
  params,
}: {
  memory: CardMemory;
  content?: ComponentChildren;
  children?: ComponentChildren;
  /** What its link carries besides, e.g. the moment it is looked at. */
  params?: Record<string, string | undefined> | undefined;
}) => (
  <article class={`card memory-card border-${memory.type.toLowerCase()}`}>
    <p class="card-badges">
      <TypeBadge type={memory.type} />
      {memory.status !== 'ACTIVE' && <StatusBadge status={memory.status} />}
      {memory.suspect && <SuspectBadge />}
    </p>
    <p class="memory-content">
      <MemoryLink id={memory.id} params={params}>
        {content}
      </MemoryLink>
    </p>
    <p class="quiet facts">
      <Span from={memory.validFrom} until={memory.validUntil} />
      <span>importance {memory.importance.toFixed(1)}</span>
      <span>confidence {percent(memory.confidence)}</span>
      {memory.user && <span>about {memory.user.externalId}</span>}
    </p>
    {children}
  </article>
);
