import { digestOf, type NewMessage } from '../transcript.ts';
import type { CallOptions, PromptMessage } from './call.ts';
import { essenceOf, messagesOfPrompt, textOf } from './parts.ts';

/**
 * A turn is what a user says and all that follows until the companion has answered. A model is called several times for one that uses
 * tools, each time with all of it; what comes after the newest answer in the prompt is new then, and nothing else is.
 */
export interface Turn {
  /** The prompt has what was said before it. */
  hasHistory: boolean;
  /** This is the first call for it. */
  isFirst: boolean;
  /** What the user says. */
  text: string;
  /** What stays the same in all calls for it. */
  key: string;
  /** The messages of it that came with this call, by their places in the turn. */
  fresh: readonly { message: PromptMessage; place: number }[];
  /** How many messages of it there are: the place of the answer. */
  length: number;
}

/** The turn that a prompt ends with. `name`: the caller's own id for it. */
export async function turnOf(prompt: CallOptions['prompt'], ...names: (string | undefined)[]): Promise<Turn> {
  const messages = prompt.filter(({ role }) => role !== 'system');
  const start = startOf(messages);
  const turn = messages.slice(start);
  const answered = turn.findLastIndex(({ role }) => role === 'assistant');
  const reply = turn.findIndex(({ role }) => role !== 'user');
  const said = reply < 0 ? turn : turn.slice(0, reply);
  return {
    hasHistory: start > 0,
    isFirst: answered < 0,
    text: said.map(textOf).join('\n\n'),
    key: await digestOf(
      ...names.map((name) => name ?? null),
      messages.slice(0, start).map(essenceOf),
      said.map(essenceOf),
    ),
    fresh: turn.slice(answered + 1).map((message, index) => ({ message, place: answered + 1 + index })),
    length: turn.length,
  };
}

/** Where the newest turn begins: with what a user says that is not said in between, after results of tools. */
function startOf(messages: readonly PromptMessage[]): number {
  for (let index = messages.length - 1; index > 0; index--) {
    if (messages[index]?.role === 'user' && messages[index - 1]?.role === 'assistant') return index;
  }
  return 0;
}

/** The messages of a turn that are kept with this call; `id` is what the turn is known by. */
export const freshMessages = ({ fresh }: Turn, id: string): NewMessage[] =>
  fresh.flatMap(({ message, place }) => messagesOfPrompt(message, `${id}:${place}`));
