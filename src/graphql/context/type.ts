import { type Context as Composed, MAX_MESSAGES } from '../../domain/context/context.ts';
import { memoriesById } from '../../domain/memory/read.ts';
import type { Section } from '../../model/context/fill.ts';
import { contextSectionKinds } from '../../model/context/sections.ts';
import { columnsKey } from '../../model/memory/columns.ts';
import { loadMessages, Message } from '../conversation/message.ts';
import { builder } from '../core/builder.ts';
import type { NodeValue } from '../core/node.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { costs } from '../cost/declare.ts';
import { toMemory } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { ContextSectionKindEnum } from './inputs.ts';

type SectionValue = Section & Pick<NodeValue, 'at'>;

const ContextSection = builder.objectRef<SectionValue>('ContextSection').implement({
  description: 'A section of a context.',
  fields: (t) => ({
    kind: t.expose('kind', { type: ContextSectionKindEnum.type, description: 'What it is of.' }),
    text: t.exposeString('text', {
      description: 'Its part of the text, with its heading. Empty where there is nothing to say, or no room.',
    }),
    tokens: t.exposeInt('tokens', { description: 'How many tokens its text has.' }),
    memories: t.field({
      type: [Memory],
      extensions: costs({ items: 100 }),
      description:
        'The memories that its lines say, in their order, at most 100: those of PROFILE, FACTS, MEMORIES and DISPUTES.',
      resolve: async ({ at, memories }, _args, _context, info) => {
        const columns = memoryColumnsAt(info);
        const found = await Promise.all(
          memories.map((id) =>
            at.load(`memory ${columnsKey(columns)}`, id, (ids) => memoriesById(at.tx, at.reading, ids, columns)),
          ),
        );
        return found.flatMap((row) => (row ? [toMemory(at, row)] : []));
      },
    }),
    messages: t.field({
      type: [Message],
      extensions: costs({ items: MAX_MESSAGES }),
      description: `The messages that its lines say, in the order they were said: at most ${MAX_MESSAGES}, those of MESSAGES.`,
      resolve: ({ at, messages }, _args, _context, info) => loadMessages(at, messages, info),
    }),
    omitted: t.exposeInt('omitted', {
      description:
        'How many memories, messages, contradictions or texts there were beyond those shown: what did not fit, of what ' +
        'was looked at; of messages all that the conversation has.',
    }),
  }),
});

export const Context = builder
  .objectRef<Omit<Composed, 'sections'> & { sections: SectionValue[] }>('Context')
  .implement({
    description: 'What a companion is to know before it answers, ready for the prompt of a model.',
    fields: (t) => ({
      text: t.exposeString('text', {
        description:
          'Markdown: a heading for each section that says something, a line for each memory and message, with its day in ' +
          'UTC and its id at the end. What is disputed, suspect, superseded or has ended is said to be so. The same input ' +
          'at the same `at` gives the same text, as long as nothing is forgotten, deleted or replaced meanwhile.',
      }),
      tokens: t.exposeInt('tokens', { description: 'How many tokens the text has: at most `maxTokens`.' }),
      sections: t.field({
        type: [ContextSection],
        extensions: costs({ items: contextSectionKinds.length }),
        description: `The sections that were asked for, in their order, also those without text: at most ${contextSectionKinds.length}.`,
        resolve: ({ sections }) => sections,
      }),
      omitted: t.exposeInt('omitted', { description: 'How much was left out of all sections together.' }),
    }),
  });

/** A context whose memories and messages are read at a point in time. */
export const toContext = (at: Snapshot, composed: Composed) => ({
  ...composed,
  sections: composed.sections.map((section) => ({ ...section, at })),
});
