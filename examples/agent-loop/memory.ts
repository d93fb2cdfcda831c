/** A line of a conversation that is remembered. */
export interface Remembered {
  id: string;
  content: string;
}

/** What an agent needs of Palimpsest: to remember what was said, and to recall what a question is about. */
export class Memory {
  readonly #url: string;
  readonly #key: string | undefined;
  readonly #companion: string;
  #last: Remembered | undefined;

  constructor(url: string, companion: string, key?: string) {
    this.#url = url;
    this.#companion = companion;
    this.#key = key;
  }

  /** Remembers what somebody said, and that it came after what was remembered last. */
  async remember(speaker: string, content: string): Promise<Remembered> {
    if (content === this.#last?.content) return this.#last;
    const relations = this.#last
      ? [{ from: { ref: 'said' }, to: { id: this.#last.id }, type: 'FOLLOWS', strength: 0.9 }]
      : [];
    const { createMemories } = await this.#ask<{ createMemories: { memories?: Remembered[]; message?: string } }>(
      `mutation Remember($input: CreateMemoriesInput!) {
        createMemories(input: $input) {
          ... on CreateMemoriesPayload { memories { id content } }
          ... on Error { message }
        }
      }`,
      {
        input: {
          // A request that is sent again is not written twice.
          idempotencyKey: crypto.randomUUID(),
          companion: { key: this.#companion },
          memories: [{ ref: 'said', type: 'EXPERIENCE', content, context: { speaker } }],
          relations,
        },
      },
    );
    const [memory] = createMemories.memories ?? [];
    if (!memory) throw new Error(createMemories.message);
    this.#last = memory;
    return memory;
  }

  /** What is remembered of a question, the best first. */
  async recall(question: string, count = 5): Promise<Remembered[]> {
    const { recall } = await this.#ask<{ recall: { nodes: Remembered[] } }>(
      `query Recall($input: RecallInput!, $count: Int!) {
        recall(input: $input, first: $count) { nodes { id content } }
      }`,
      { input: { companion: { key: this.#companion }, query: question }, count },
    );
    return recall.nodes;
  }

  async #ask<Data>(query: string, variables: object): Promise<Data> {
    const response = await fetch(this.#url, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(this.#key && { authorization: `Bearer ${this.#key}` }) },
      body: JSON.stringify({ query, variables }),
    });
    const { data, errors } = (await response.json()) as { data?: Data; errors?: { message: string }[] };
    if (!data || errors) throw new Error(errors?.map(({ message }) => message).join(' ') ?? `HTTP ${response.status}`);
    return data;
  }
}
