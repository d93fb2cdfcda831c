import type { ExecuteOptions, Executes } from '../../client/execute.ts';
import type { Turn } from './turn.ts';

export type ContextSectionKind =
  | 'WORKING_MEMORY'
  | 'FACTS'
  | 'MEMORIES'
  | 'DISPUTES'
  | 'MESSAGES'
  | 'PROFILE'
  | 'PASSAGES';

/** What a companion knows before a turn. */
export interface Background {
  /** Empty where it knows nothing. */
  text: string;
  /** The newest message of the conversation when the turn began. */
  newestId: string | null;
}

interface Answered {
  context: { text: string };
  conversation?: { messages: { nodes: { id: string }[] } } | null;
}

const CONTEXT = 'query ($input: ContextInput!) { context(input: $input) { text } }';
/** Of a prompt without a history, what was said before tells two turns of the same words apart. */
const WITH_NEWEST = `query ($input: ContextInput!, $companion: CompanionRef!, $by: ConversationRef!) {
  context(input: $input) { text }
  conversation(by: $by, companion: $companion) { messages(last: 1) { nodes { id } } }
}`;

/** What is added to a prompt that has what was said before. */
const besideHistory: readonly ContextSectionKind[] = ['WORKING_MEMORY', 'FACTS', 'MEMORIES', 'DISPUTES'];
/** So many characters a query takes. */
const MAX_QUERY = 10_000;

interface Wanted extends ExecuteOptions {
  maxTokens?: number | undefined;
  sections?: readonly ContextSectionKind[] | undefined;
}

/** What a companion is to know for a turn. One request. */
export async function readBackground(
  { execute }: Executes,
  of: { companion: string; user: string | undefined; conversation: string | undefined },
  { text, hasHistory }: Turn,
  { maxTokens, sections = hasHistory ? besideHistory : undefined, signal }: Wanted,
): Promise<Background> {
  const companion = { key: of.companion };
  const by = of.conversation === undefined ? undefined : { externalId: of.conversation };
  const query = text.slice(0, MAX_QUERY).toWellFormed().replaceAll('\0', ' ').trim();
  const input = {
    companion,
    ...(of.user !== undefined && { user: { externalId: of.user } }),
    ...(by && { conversation: by }),
    ...(query && { query }),
    ...(maxTokens !== undefined && { maxTokens }),
    ...(sections && { sections }),
  };
  const withNewest = by && !hasHistory;
  const variables = withNewest ? { input, companion, by } : { input };
  const { context, conversation } = await execute<Answered, object>(withNewest ? WITH_NEWEST : CONTEXT, variables, {
    signal,
  });
  return { text: context.text, newestId: conversation?.messages.nodes[0]?.id ?? null };
}
