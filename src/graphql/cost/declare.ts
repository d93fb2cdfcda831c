/** What a field costs, where that is not as usual: see `complexity.ts`. */
export interface DeclaredCost {
  /** Of the field itself, instead of 1, or of 10 and 100 for a field of Query and of Mutation. */
  weight?: number;
  /** The most items of a list that is not paged. */
  items?: number;
}

/** Declares a field's cost: `extensions: costs({ items: 5 })`. */
export const costs = (cost: DeclaredCost) => ({ cost });

/** What has been declared of a field. */
export const declaredCost = ({ extensions }: { extensions?: unknown }): DeclaredCost =>
  (extensions as { cost?: DeclaredCost } | undefined)?.cost ?? {};

/**
 * Declares that a document may have a field of Query once, under whatever names, and by POST alone: it costs what cannot be
 * had again.
 */
export const onceByPost = { isOnceByPost: true };

/** Whether that has been declared of a field. */
export const isOnceByPost = ({ extensions }: { extensions?: unknown }): boolean =>
  (extensions as Partial<typeof onceByPost> | undefined)?.isOnceByPost ?? false;
