import type { MastraDBMessage, StorageThreadType } from '@mastra/core/memory';
import { PalimpsestMemory } from '../../src/adapters/mastra/index.ts';
import type { PalimpsestOptions } from '../../src/adapters/mastra/service.ts';
import { executeOf } from './executes.ts';
import type { Caller, TestService } from './service.ts';

/** A memory of Mastra on a service in this process, and how many requests it has sent. */
export function mastraOn(test: TestService, options: Partial<PalimpsestOptions> = {}, caller?: Caller) {
  const counted = executeOf(test, caller);
  return { memory: new PalimpsestMemory({ execute: counted.execute, ...options }), ...counted };
}

let count = 0;
/** An id of its own. */
export const unique = (what: string) => `${what} ${++count}`;

/** A thread; what is not given is of its own. */
export const thread = (given: Partial<StorageThreadType> = {}): StorageThreadType => ({
  id: unique('thread'),
  resourceId: unique('resource'),
  title: 'A thread',
  metadata: { key: 'value' },
  createdAt: new Date('2026-03-01T09:00:00Z'),
  updatedAt: new Date('2026-03-01T09:00:00Z'),
  ...given,
});

/** A message of a thread that says a text, a minute of March 2026. */
export const message = (
  of: StorageThreadType,
  text: string,
  minute = 0,
  given: Partial<MastraDBMessage> = {},
): MastraDBMessage => ({
  id: unique('message'),
  threadId: of.id,
  resourceId: of.resourceId,
  role: 'user',
  type: 'text',
  createdAt: new Date(Date.UTC(2026, 2, 1, 9, minute)),
  content: { format: 2, parts: [{ type: 'text', text }], content: text },
  ...given,
});

export const textsOf = (messages: readonly MastraDBMessage[]) => messages.map(({ content }) => content.content);
