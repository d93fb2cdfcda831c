import type { ChatRequest } from '../chat-server.ts';
import { mutation } from '../mutations.ts';
import type { Caller, TestService } from '../service.ts';

/** What a model is sent to read. */
export interface SentConversation {
  messages: { message: number; role: string; name?: string; said: string; text: string }[];
  memories: { memory: number; type: string; since: string; text: string }[];
}
export const sentIn = ({ data }: ChatRequest) => data as SentConversation;

const empty = { memories: [], corrections: [], retractions: [], relations: [] };

/** An answer that proposes what is given, and nothing else. */
export const proposing = (lists: object) => ({ ...empty, ...lists });

/** A new memory, which quotes a message whole. */
export const fact = (content: string, message: number, quote: string, more: object = {}) => ({
  ...{ content, type: 'fact', importance: 6, confidence: 0.9 },
  evidence: [{ message, quote }],
  ...more,
});

export const PROPOSAL = `id kind status draft proposedBy proposedAt decidedAt memory { id content }
  evidence { quote message { id position } memory { id } }`;

/** A conversation of a service's, and what is done with it. */
export function talker(service: TestService, whose: { user?: string | null; talk?: string } = {}) {
  const { user = 'maya', talk = 'talk' } = whose;
  const of = { companion: { key: 'iris' }, conversation: { externalId: talk } };
  const append = mutation(service, 'appendMessages', 'messages { id }');
  const extract = mutation(
    service,
    'extractMemories',
    `readCount proposals { ${PROPOSAL} } memories { id content status type }`,
  );
  return {
    of,
    /** Appends messages, of the user unless said otherwise; returns their ids. */
    async say(...texts: (string | { role: string; content: string; [more: string]: unknown })[]): Promise<string[]> {
      const messages = texts.map((text) => (typeof text === 'string' ? { role: 'USER', content: text } : { ...text }));
      const { messages: made } = await append({
        ...of,
        ...(user !== null && { user: { externalId: user } }),
        messages,
        remember: 'NONE',
      });
      return made.map(({ id }: { id: string }) => id);
    },
    extract: (more: object = {}, caller?: Caller) => extract({ ...of, ...more }, caller),
  };
}

export const decider = (service: TestService) =>
  mutation(
    service,
    'decideProposals',
    `proposals { ${PROPOSAL} } memories { id content status type validFrom importance confidence context }
     findings { id kind verdict memory { id } by { id } }`,
  );

export async function listed(service: TestService, args = '(first: 50)', caller?: Caller) {
  const { proposals } = await service.runUntyped(
    `{ proposals${args} { totalCount nodes { ${PROPOSAL} } } }`,
    {},
    caller,
  );
  return proposals;
}
