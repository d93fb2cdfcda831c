import type { AccessScope } from '../../kernel/principal.ts';

/** How a field's description says the scope it needs. */
export const scopeNote = (scope: AccessScope): string => `Needs the scope ${scope}.`;
