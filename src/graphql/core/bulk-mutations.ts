/** The mutations that take thousands of memories or relations at once: their requests alone may be large. */
export const bulkMutations: ReadonlySet<string> = new Set(['createMemories']);
