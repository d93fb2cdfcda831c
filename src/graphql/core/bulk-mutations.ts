/** The mutations that take much at once, as thousands of memories or long messages: their requests alone may be large. */
export const bulkMutations: ReadonlySet<string> = new Set(['createMemories', 'appendMessages', 'replaceMessages']);
