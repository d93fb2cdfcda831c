import { type Connected, type ConnectOptions, connect as connectTo, type Narrowing, narrower } from '../connect.ts';
import { type Memory, type MemoryOf, memory } from './memory.ts';

/** What asks a service. Opens nothing, so there is nothing to close. */
export interface Client extends Connected {
  /** The same client, which sees no more than a companion, or a user, or what both have in common. */
  narrowed(to: Narrowing): Client;
  /** The verbs of a companion's memory; of the one, and the user, that the client is narrowed to, unless others are named. */
  memory(of?: Partial<MemoryOf>): Memory;
}

/** A client of a service: it sends one request for each document. Throws TypeError and RangeError for what is not allowed. */
export function connect(options: ConnectOptions): Client {
  const connected = connectTo(options);
  return {
    ...connected,
    narrowed: (to) => connect({ ...options, ...narrower(options, to) }),
    memory: ({ companion = options.companion, user = options.user, conversation } = {}) => {
      if (companion === undefined) throw new TypeError('Whose memory is it? Name a companion by its key.');
      return memory(connected, { companion, user, conversation });
    },
  };
}
