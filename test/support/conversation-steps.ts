import fc from 'fast-check';
import { day, days, named, pick, type Source, which } from './transfer-step.ts';

// What can be done to conversations.

const chats = fc.constantFrom('chat', 'talk');
const words = fc.constantFrom('vegan', 'I am vegan.', 'And fish?', 'Never.', '\u0000', '');
const message = fc.record(
  {
    role: fc.constantFrom('USER', 'USER', 'ASSISTANT', 'SYSTEM', 'TOOL'),
    format: fc.constantFrom('AI_SDK_UI', 'ANTHROPIC'),
    text: words,
    more: fc.option(words),
    beside: fc.json({ maxDepth: 2 }),
    externalId: fc.option(fc.constantFrom('m1', 'm2', 'm3')),
    name: fc.option(fc.constant('Ann')),
    at: fc.option(days),
    tokens: fc.option(fc.nat({ max: 9 })),
    metadata: fc.constantFrom(null, { from: 'web' }),
    isFinal: fc.constantFrom(true, true, false),
  },
  { noNullPrototype: true },
);

/** An id is of one message of an input. */
const selector = ({ externalId }: { externalId: string | null }) => externalId ?? {};

const say = named(
  'say',
  fc.record({ chat: chats, messages: fc.uniqueArray(message, { minLength: 1, maxLength: 4, selector }) }),
  (source, { chat, messages }) =>
    source.write.appendMessages(
      {
        companion: { key: 'iris' },
        conversation: { externalId: chat },
        messages: messages.map(({ text, more, beside, at, format, ...rest }) => {
          const texts = [text, ...(more === null ? [] : [more])].map((text) => ({ type: 'text', text }));
          const parts = [...texts, { type: 'beside', beside: JSON.parse(beside), text }];
          const content = format === 'ANTHROPIC' ? parts : { id: 'x', parts };
          return { ...rest, format, content, createdAt: at === null ? null : day(at) };
        }),
      },
      source.caller,
    ),
);

const converse = named(
  'converse',
  fc.record({ chat: chats, title: fc.constantFrom(null, 'Food'), metadata: fc.constantFrom(null, { a: 1 }) }),
  (source, { chat, title, metadata }) =>
    source.write.upsertConversation(
      { companion: { key: 'iris' }, user: null, conversation: { externalId: chat }, title, metadata },
      source.caller,
    ),
);

const copy = named('copy', fc.record({ from: chats, to: fc.constantFrom('copy', 'fork') }), (source, { from, to }) =>
  source.write.copyConversation(
    { companion: { key: 'iris' }, conversation: { externalId: from }, externalId: to },
    source.caller,
  ),
);

const onMessage = (name: string, run: (source: Source, id: string) => Promise<unknown>) =>
  named(name, fc.record({ message: which }), (source, { message }) => run(source, pick(source.messages, message)));

const forgetSaid = named('forgetSaid', fc.record({ one: which }), ({ write, caller, said }, { one }) =>
  write.forgetMemories({ ids: [pick(said, one)] }, caller),
);

export const conversationSteps = {
  forgetSaid,
  say,
  converse,
  copy,
  recollect: onMessage('recollect', ({ write, caller }, id) => write.rememberMessages({ ids: [id] }, caller)),
  unsay: onMessage('unsay', ({ write, caller }, id) => write.deleteMessages({ ids: [id], memories: 'KEEP' }, caller)),
};
