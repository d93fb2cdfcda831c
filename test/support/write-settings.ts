// Brings the table of settings in docs/configuration.md, and the type of those of the library, up to date.

import { readFileSync, writeFileSync } from 'node:fs';
import { withSettings } from '../../src/cli/settings-document.ts';
import { settingsType } from './settings-type.ts';

const file = new URL('../../docs/configuration.md', import.meta.url);
writeFileSync(file, withSettings(readFileSync(file, 'utf8')));
writeFileSync(new URL('../../src/library/settings.ts', import.meta.url), settingsType());
