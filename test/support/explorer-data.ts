import type { useExplorer } from './explorer.ts';

/** Runs a document as another client of the explorer's server would, and answers its data. Throws what it refuses. */
export const asking =
  (explorer: Pick<ReturnType<typeof useExplorer>, 'post'>) =>
  // biome-ignore lint/suspicious/noExplicitAny: each test knows what it asks for
  async (query: string, variables: object = {}): Promise<any> => {
    const answer = (await (await explorer.post(query, {}, { variables })).json()) as { data: object; errors?: unknown };
    if (answer.errors) throw new Error(JSON.stringify(answer.errors));
    return answer.data;
  };
