// Brings the table of settings in docs/configuration.md up to date.

import { readFileSync, writeFileSync } from 'node:fs';
import { withSettings } from '../../src/cli/settings-document.ts';

const file = new URL('../../docs/configuration.md', import.meta.url);
writeFileSync(file, withSettings(readFileSync(file, 'utf8')));
