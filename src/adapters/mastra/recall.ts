import { parseMemoryRequestContext } from '@mastra/core/memory';
import type { ProcessInputArgs, ProcessInputResult, Processor } from '@mastra/core/processors';
import type { PalimpsestOptions } from './service.ts';

export interface RecallOptions extends Pick<PalimpsestOptions, 'execute' | 'companion'> {
  /** How many memories at most: 1 to 100. Default: 5. */
  topK?: number | undefined;
  /** Of all threads of the resource (the default), or of the thread alone. */
  scope?: 'resource' | 'thread' | undefined;
  /** Called where the recall fails; the agent then answers without it. Default: the failure is thrown. */
  onError?: ((error: unknown) => void) | undefined;
}

const RECALL = `query ($input: RecallInput!, $topK: Int!) {
  recall(input: $input, first: $topK) {
    nodes { content validFrom context message { externalId } }
  }
}`;

interface Recalled {
  recall: {
    nodes: {
      content: string;
      validFrom: string;
      context: { speaker?: unknown };
      message: { externalId: string | null } | null;
    }[];
  };
}

/** What the user says last. */
function questionOf(messages: ProcessInputArgs['messages']): string | undefined {
  const last = messages.findLast(({ role }) => role === 'user')?.content;
  if (!last) return undefined;
  const parts = (last.parts ?? []).flatMap((part) => (part.type === 'text' ? part.text : []));
  const said = (typeof last.content === 'string' && last.content) || parts.join(' ');
  return said.trim() === '' ? undefined : said.slice(0, 10_000);
}

/**
 * A processor of an agent's input that recalls what the user's message is about, and tells the model in a system message. What
 * the model is shown as a message anyway is left out. One request for each answer.
 */
export class PalimpsestRecall implements Processor<'palimpsest-recall'> {
  readonly id = 'palimpsest-recall';
  readonly name = 'Palimpsest recall';
  readonly #options: RecallOptions;

  constructor(options: RecallOptions) {
    this.#options = options;
  }

  async processInput(args: ProcessInputArgs): Promise<ProcessInputResult> {
    const { messages, messageList, requestContext } = args;
    const memory = parseMemoryRequestContext(requestContext);
    const query = questionOf(messages);
    if (!memory || !query) return messageList;
    try {
      const lines = await this.#recall(query, memory, args);
      if (lines.length > 0) messageList.addSystem(`What you remember of it:\n${lines.join('\n')}`, this.id);
    } catch (error) {
      if (!this.#options.onError) throw error;
      this.#options.onError(error);
    }
    return messageList;
  }

  async #recall(
    query: string,
    { thread, resourceId }: NonNullable<ReturnType<typeof parseMemoryRequestContext>>,
    { messageList, abortSignal }: ProcessInputArgs,
  ): Promise<string[]> {
    const { execute, companion = 'mastra', topK = 5, scope = 'resource' } = this.#options;
    const user = resourceId ?? thread?.resourceId;
    if (scope === 'thread' ? !thread : !user) return [];
    const input = {
      companion: { key: companion },
      query,
      ...(user && { user: { externalId: user } }),
      ...(scope === 'thread' && thread && { conversation: { externalId: thread.id } }),
    };
    const { recall } = await execute<Recalled>(RECALL, { input, topK }, { signal: abortSignal });
    const shown = new Set(messageList.get.all.db().map(({ id }) => id));
    return recall.nodes
      .filter(({ message }) => !message?.externalId || !shown.has(message.externalId))
      .map(({ content, validFrom, context: { speaker } }) =>
        typeof speaker === 'string' ? `- ${validFrom.slice(0, 10)}, ${speaker}: ${content}` : `- ${content}`,
      );
  }
}
