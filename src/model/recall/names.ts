/** How many words a speaker's name has at most, as a question may name them. */
const NAME_WORDS = 3;

/** What may be speakers' names in a question: runs of one to three of its words, as searchSql keeps them. */
export function namesIn(words: readonly string[]): string[] {
  const names = new Set<string>();
  for (const start of words.keys()) {
    for (let length = 1; length <= NAME_WORDS && start + length <= words.length; length++) {
      names.add(`@${words.slice(start, start + length).join(' ')}`);
    }
  }
  return [...names];
}
