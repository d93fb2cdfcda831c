import { hastenImports } from '../../src/db/internals/hasten-imports.ts';

hastenImports();
