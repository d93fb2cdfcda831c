import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { withSettings } from '../src/cli/settings-document.ts';
import { environment, readConfig } from '../src/library/config.ts';
import { describeSettings } from '../src/library/describe-settings.ts';
import { describeMisspelt } from '../src/library/misspelt-settings.ts';
import { withoutSecrets } from '../src/library/refused-settings.ts';
import { settingsType } from './support/settings-type.ts';

test('docs/configuration.md has the table of the settings there are', () => {
  const document = readFileSync(new URL('../docs/configuration.md', import.meta.url), 'utf8');
  expect(document, 'run `npm run settings`').toBe(withSettings(document));
});

test('src/library/settings.ts has the settings that the library takes', () => {
  const text = readFileSync(new URL('../src/library/settings.ts', import.meta.url), 'utf8');
  expect(text, 'run `npm run settings`').toBe(settingsType());
});

describe('each setting', () => {
  const details = z.strictObject({
    description: z.string().regex(/^.+\.$/),
    unit: z.string().optional(),
    allowed: z.string().optional(),
    preset: z.string().optional(),
    holds: z.enum(['secret', 'url']).optional(),
  });
  const settings = describeSettings(environment);

  test('has a description, what is allowed, and what holds without it', () => {
    for (const { name, allowed, preset } of settings) {
      const said = (environment.shape as Record<string, z.ZodType>)[name]?.meta();
      expect(details.safeParse(said).error, name).toBeUndefined();
      expect([allowed, preset], name).toEqual([expect.stringMatching(/./), expect.stringMatching(/./)]);
    }
  });

  test('whose name speaks of milliseconds or bytes has that unit', () => {
    const units = settings.map(({ name, unit }) => [name, /_(MS|BYTES)$/.exec(name)?.[1]?.toLowerCase() ?? unit, unit]);
    for (const [name, expected, unit] of units) expect(unit, name).toBe(expected);
  });

  test('that is a secret is known as one', () => {
    const secret = /_(?:KEY|SECRET|TOKEN)$/;
    expect(settings.filter(({ holds }) => holds === 'secret').map(({ name }) => name)).toEqual(
      settings.filter(({ name }) => secret.test(name)).map(({ name }) => name),
    );
    expect(settings.filter(({ holds }) => holds === 'url').map(({ name }) => name)).toEqual(
      settings.filter(({ name }) => /_(?:URL|ENDPOINT)$/.test(name)).map(({ name }) => name),
    );
  });

  test.each(settings.map(({ name, expected, holds }) => ({ name, expected, holds })))(
    '$name: a bad value is answered with its name and what is allowed, and no secret is shown',
    ({ name, expected, holds }) => {
      const bad = 'hush \n'.repeat(300);
      const { success } = environment.safeParse({ [name]: bad });
      // What takes any text.
      if (success) return expect(expected).toBeUndefined();
      const read = () => readConfig({ [name]: bad });
      expect(read).toThrow(`${name}: `);
      if (expected) expect(read).toThrow(`${name}: ${expected} is expected, not "hush `);
      if (holds) expect(read).toThrow(/^(?!.*hush)/s);
    },
  );
});

test.each([
  ['postgres://iris:hush@db.example:5432/memories?password=hush', 'postgres://***@db.example:5432/memories'],
  ['postgres://iris:hu@sh@db.example/memories', 'postgres://***@db.example/memories'],
  ['mysql://localhost/db', 'mysql://localhost/db'],
  ['localhost:8080', 'localhost:8080'],
  ['iris:hush@db.example/memories', undefined],
  ['host=db.example password=hush', undefined],
  ['postgres:// iris hush', undefined],
])('of the URL %j is shown: %j', (url, shown) => {
  expect(withoutSecrets(url)).toBe(shown);
});

describe('a variable that is no setting', () => {
  const names = Object.keys(environment.shape);

  test.each([
    ['DATABSE_URL', 'DATABASE_URL'],
    ['EMBEDING_MODEL', 'EMBEDDING_MODEL'],
    ['DATABASE_URI', 'DATABASE_URL'],
    ['CORS_ORIGIN', 'CORS_ORIGINS'],
    ['database_url', 'DATABASE_URL'],
    ['PALIMPSEST_PORT', 'PORT'],
    ['PALIMPSEST_DATA_DIRECTORY', undefined],
  ])('%s: %s is meant', (given, meant) => {
    const sentences = meant ? [`${given} is no setting and has no effect: is ${meant} meant?`] : [];
    expect(describeMisspelt([given], names)).toEqual(sentences);
  });

  test('is not spoken of where it is something else', () => {
    const others =
      'HOME HOSTNAME PATH PWD SHELL LANG TERM LOGNAME USER NODE_ENV DEBUG npm_package_version npm_config_port ' +
      'TEST_DATABASE_URL BENCH_DATABASE_URL POSTGRES_URL OPENAI_ORG_ID OPENAI_API_BASE OTEL_EXPORTER_OTLP_HEADERS ' +
      'OTEL_METRICS_EXPORTER OTEL_LOGS_EXPORTER OTEL_RESOURCE_ATTRIBUTES';
    expect(describeMisspelt([...others.split(' '), ...names], names)).toEqual([]);
  });
});
