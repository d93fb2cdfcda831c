/** What an address of this server says: `/mcp?companion=iris&user=maya&conversation=chat-1&tools=recall,remember`. */
export interface Address {
  /** The key of the companion whose memory it is. */
  companion: string | undefined;
  /** The externalId of the user it is about. */
  user: string | undefined;
  /** The externalId of the conversation. */
  conversation: string | undefined;
  /** Names of tools, or of a set of tools, apart by commas. */
  tools: string | undefined;
}

const known = ['companion', 'user', 'conversation', 'tools'] as const;

/** An address that says what is not known. Its message says what is. */
export class BadAddress extends Error {
  override readonly name = 'BadAddress';
}

/**
 * Reads the query of an address. Throws {@link BadAddress} for a parameter that is not known, or that stands twice: were
 * one passed over that was to narrow what is seen, more would be seen.
 */
export function readAddress(search: URLSearchParams): Address {
  const address: Address = { companion: undefined, user: undefined, conversation: undefined, tools: undefined };
  for (const [name, value] of search) {
    const each = known.find((parameter) => parameter === name);
    if (!each) {
      const given = JSON.stringify(name.slice(0, 50));
      throw new BadAddress(`The address has the parameter ${given}: known are ${known.join(', ')}.`);
    }
    if (address[each] !== undefined) throw new BadAddress(`The address has the parameter ${each} twice: give it once.`);
    if (value.trim() === '')
      throw new BadAddress(`The parameter ${each} of the address is empty: give it a value, or leave it out.`);
    address[each] = value;
  }
  return address;
}
