import { closestMatch } from 'leven';

/** Shorter names are near to too many others. */
const MIN_LENGTH = 7;
const MAX_DISTANCE = 3;
const PREFIX = 'PALIMPSEST_';

/** Sentences on variables that are no settings, but look as if one was meant. Their values are not shown. */
export function describeMisspelt(given: readonly string[], settings: readonly string[]): string[] {
  const known = new Set(settings);
  return given
    .filter((name) => !known.has(name))
    .flatMap((name) => {
      const meant = nearest(name, settings);
      return meant ? [`${name} is no setting and has no effect: is ${meant} meant?`] : [];
    });
}

function nearest(name: string, settings: readonly string[]): string | undefined {
  const text = name.toUpperCase();
  if (text.startsWith(PREFIX)) {
    const rest = text.slice(PREFIX.length);
    return settings.includes(rest) ? rest : nearest(rest, settings);
  }
  if (settings.includes(text)) return text;
  const near = closestMatch(text, settings, { maxDistance: Math.min(MAX_DISTANCE, Math.floor(text.length / 4)) });
  return text.length >= MIN_LENGTH ? near : undefined;
}
