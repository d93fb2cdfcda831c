import type { AccessScope } from '../../kernel/principal.ts';

/** How a field's description says the scope it needs. */
export const scopeNote = (scope: AccessScope): string => `Needs the scope ${scope}.`;

/**
 * A field of a payload or failure that tells of what was there before: a credential with WRITE and without READ may not
 * ask for it. See plugins/use-scopes.ts.
 */
export const forReaders = (description: string) => ({
  description: `${description} ${scopeNote('READ')}`,
  extensions: { scope: 'READ' as AccessScope },
});
