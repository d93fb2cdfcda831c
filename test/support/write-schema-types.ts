import { writeFileSync } from 'node:fs';
import { schemaTypes } from './schema-types-text.ts';

writeFileSync(new URL('schema-types.d.ts', import.meta.url), schemaTypes());
