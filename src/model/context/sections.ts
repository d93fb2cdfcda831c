/** The sections of a context, most important first. */
export const contextSectionKinds = [
  'WORKING_MEMORY',
  'PROFILE',
  'FACTS',
  'MEMORIES',
  'PASSAGES',
  'DISPUTES',
  'MESSAGES',
] as const;
export type ContextSectionKind = (typeof contextSectionKinds)[number];

/** What stands above a section. */
export const headings: Readonly<Record<ContextSectionKind, string>> = {
  WORKING_MEMORY: '## Working memory\n',
  PROFILE: '## Profile\n',
  FACTS: '## Facts\n',
  MEMORIES: '## Memories\n',
  PASSAGES: '## Passages\n',
  DISPUTES: '## Contradictions\n',
  MESSAGES: '## Newest messages\n',
};

/**
 * How the room is shared while each section has more to say: working memory comes before all else, of the rest each gets
 * its part. A section that has said all leaves its part to the others. What is known of the user in general takes little
 * from what was recalled for the question.
 */
const parts: Readonly<Record<ContextSectionKind, number>> = {
  WORKING_MEMORY: Number.POSITIVE_INFINITY,
  PROFILE: 0.25,
  FACTS: 2,
  MEMORIES: 4,
  PASSAGES: 4,
  DISPUTES: 2,
  MESSAGES: 2,
};

/**
 * The number at which the count of a section's characters begins, where it is not 0. It is negative for the last words of a
 * conversation, which come before shares count. It is positive for what is known of the user in general, which begins after
 * MEMORIES have 4,000 characters: until then, what was recalled for the question answers more (docs/context.md, Measured).
 */
export const begins: Readonly<Partial<Record<ContextSectionKind, number>>> = {
  MESSAGES: -400,
  PROFILE: (4_000 * parts.PROFILE) / parts.MEMORIES,
};

/** The part of each section, most important first: one that is named a place further up than usual gets twice as much. */
export function sharesOf(kinds: readonly ContextSectionKind[]): Map<ContextSectionKind, number> {
  const usual = contextSectionKinds.filter((kind) => kinds.includes(kind));
  return new Map(kinds.map((kind, place) => [kind, parts[kind] * 2 ** (usual.indexOf(kind) - place)]));
}
