import { signal } from '@preact/signals';
import { createClient } from 'graphql-sse';
import { type Connected, connect } from '../../client/connect.ts';
import { type GraphQLDocument, textOf } from '../../client/document.ts';
import { OperationError } from '../../client/operation-error.ts';
import { graphqlUrl } from './place.ts';
import { companion, user } from './route.ts';

export { OperationError };

export interface RunOptions {
  /** Ends the waiting. */
  signal?: AbortSignal | undefined;
  /** Asks for the whole workspace, not for the companion and the user that are chosen. Default: false. */
  everything?: boolean | undefined;
}

/** The key of the credential. It is here alone: in no storage, and in no address. */
let key: string | undefined;
/** Those that wait for a key. */
const waiting: { go(): void; stop(error: unknown): void }[] = [];

/** The refusal that a key is asked for after; undefined: none is asked for. */
export const keyWanted = signal<OperationError | undefined>(undefined);
/** Counted up when the key changes. */
export const keyChanges = signal(0);

/** Whether a header of HTTP can carry a key: letters, digits and signs of ASCII. */
export const isKey = (text: string): boolean => /^[\x21-\x7e]+$/.test(text);

/** From now on all is asked with this key. What waited for one is asked again. */
export function giveKey(given: string): void {
  key = given;
  keyWanted.value = undefined;
  keyChanges.value++;
  for (const { go } of waiting.splice(0)) go();
}

/** No key is given: what waited for one fails with the refusal. */
export function refuseKey(): void {
  const refusal = keyWanted.value;
  keyWanted.value = undefined;
  for (const { stop } of waiting.splice(0)) stop(refusal);
}

/**
 * Runs a document and answers its data. It sees what the chosen companion and user have, unless `everything` is asked
 * for. Rejects with OperationError, whose code and message are for people, also where a mutation failed as expected.
 * Where the server wants a credential, it waits until a key is given.
 */
export async function run<Data, Variables extends object>(
  document: GraphQLDocument<Data, Variables>,
  variables?: Variables,
  { signal: ending, everything = false }: RunOptions = {},
): Promise<Data> {
  for (;;) {
    try {
      return await connected(everything).execute(document, variables, { signal: ending });
    } catch (error) {
      if (!(error instanceof OperationError) || error.code !== 'UNAUTHENTICATED') throw error;
      await keyAfter(error);
    }
  }
}

const connected = (everything: boolean): Connected =>
  connect({ url: graphqlUrl, key, ...(!everything && { companion: companion.peek(), user: user.peek() }) });

function keyAfter(refusal: OperationError): Promise<void> {
  keyWanted.value = refusal;
  return new Promise((go, stop) => {
    waiting.push({ go, stop });
  });
}

/** How a stream ended: by the server, or with what went wrong. */
export type StreamEnd = { error?: unknown };

/** What comes of a stream, until it is stopped. */
export interface StreamEvents<Data> {
  /** The data of each event. */
  onData(data: Data): void;
  /** Called once, when the server has taken the subscription: what happens from then on arrives. */
  onConnected?(): void;
  /** Called once, when no more will come; not where it was stopped. */
  onEnd?(end: StreamEnd): void;
}

/**
 * Subscribes over SSE. It does not begin again by itself: who knows the cursor of the last event does. Returns what stops
 * it, after which nothing is called any more.
 */
export function subscribe<Data, Variables extends object>(
  document: GraphQLDocument<Data, Variables>,
  variables: Variables,
  { onData, onConnected, onEnd }: StreamEvents<Data>,
): () => void {
  let isOver = false;
  const close = () => {
    stop();
    client.dispose();
  };
  // The client says that a stream is complete also after it was stopped, and after an error.
  const end = (reason: StreamEnd) => {
    if (isOver) return;
    isOver = true;
    onEnd?.(reason);
  };
  const client = createClient({
    url: graphqlUrl,
    headers: (): Record<string, string> => (key ? { authorization: `Bearer ${key}` } : {}),
    retryAttempts: 0,
  });
  const stop = client.subscribe<Data>(
    { query: textOf(document), variables: variables as Record<string, unknown> },
    {
      next: ({ data, errors }) => {
        if (isOver) return;
        if (data) return onData(data);
        end({ error: errors?.[0] });
        close();
      },
      error: (error) => end({ error }),
      complete: () => end({}),
    },
    { connected: () => isOver || onConnected?.() },
  );
  return () => {
    isOver = true;
    close();
  };
}
