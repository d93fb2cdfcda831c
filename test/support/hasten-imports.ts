import { hastenImports } from '../../src/db/imports.ts';

hastenImports();
