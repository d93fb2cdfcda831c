import { z } from 'zod';
import { environment } from '../../src/library/config.ts';
import { describeSettings, type Setting } from '../../src/library/describe-settings.ts';
import { settable } from '../../src/library/read-options.ts';

const WIDTH = 118;

/** The file src/library/settings.ts: the settings of `open`, as a type that needs no package to be read. */
export function settingsType(): string {
  const settings = describeSettings(environment).filter(({ name }) => settable.includes(name));
  return [
    '// Written by `npm run settings` from what src/library/config.ts declares.',
    '',
    '/** The settings of a service in one’s own process, as docs/configuration.md describes them. */',
    'export interface Settings {',
    ...settings.flatMap((setting) => [...commentOf(setting), memberOf(setting)]),
    '}',
    '',
  ].join('\n');
}

/** As the formatter would write it. */
function memberOf(setting: Setting): string {
  const types = [...typesOf(setting), 'undefined'];
  const line = `  ${setting.name}?: ${types.join(' | ')};`;
  return line.length <= 120 ? line : `  ${setting.name}?:${types.map((type) => `\n    | ${type}`).join('')};`;
}

function typesOf({ name }: Setting): string[] {
  const { properties = {} } = z.toJSONSchema(environment, { io: 'input' });
  const { type, enum: words } = properties[name] as { type?: string; enum?: string[] };
  if (words?.includes('true')) return ['boolean'];
  if (words) return words.map((word) => `'${word}'`);
  return type === 'integer' || type === 'number' ? ['number'] : ['string'];
}

function commentOf({ description, allowed, preset }: Setting): string[] {
  const text = `${description} Allowed: ${allowed}. Default: ${preset}.`.replaceAll('*/', '* /');
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const line = `${lines.at(-1)} ${word}`;
    if (line.length > WIDTH - 8) lines.push(` ${word}`);
    else lines[lines.length - 1] = line;
  }
  return lines.map((line, index) => {
    const begin = index === 0 ? '  /**' : '   *';
    return `${begin}${line}${index === lines.length - 1 ? ' */' : ''}`;
  });
}
