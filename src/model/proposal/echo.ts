/** Ids of memories, as contexts, transcripts and the answers of tools say them. */
const MEMORY_ID = /\bmem_[0-7][0-9a-hjkmnp-tv-z]{25}/;

/**
 * A text without the lines that carry ids of memories: those have been put into a prompt by a context, or repeat what a tool
 * has answered, and are remembered already.
 */
export const withoutEchoes = (text: string): string =>
  MEMORY_ID.test(text)
    ? text
        .split(/\r\n|[\n\r\u2028\u2029]/)
        .filter((line) => !MEMORY_ID.test(line))
        .join('\n')
    : text;
