import type { z } from 'zod';
import { describeSettings, type Setting } from './describe-settings.ts';

const MAX_SHOWN = 100;

/**
 * What is wrong with the environment: each setting by its name, with what is allowed and what was given, but no secret.
 */
export function describeIssues(
  environment: z.ZodObject,
  issues: readonly z.core.$ZodIssue[],
  given: Record<string, unknown>,
): string {
  const settings = new Map(describeSettings(environment).map((setting) => [setting.name, setting]));
  return issues
    .map(({ path, message }) => {
      const name = path.join('.');
      const setting = settings.get(name);
      if (!setting) return `${name}: ${message}`;
      return `${name}: ${setting.expected ? `${setting.expected} is expected` : message}${shown(setting, given[name])}`;
    })
    .join('; ');
}

function shown({ holds }: Setting, value: unknown): string {
  if (holds === 'secret' || typeof value !== 'string') return '';
  const text = holds === 'url' ? withoutSecrets(value) : value;
  return text === undefined
    ? ''
    : `, not ${JSON.stringify(text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text)}`;
}

/** What may be shown of something that was meant as a URL; undefined where a password could be anywhere in it. */
export function withoutSecrets(text: string): string | undefined {
  const [, scheme, user, rest] = /^([a-z][a-z0-9+.-]*:\/\/)?(.*@)?([^@?#=\s]*)(?:[?#].*)?$/is.exec(text) ?? [];
  if (rest === undefined || (user && !scheme)) return undefined;
  return `${scheme ?? ''}${user ? '***@' : ''}${rest}`;
}
