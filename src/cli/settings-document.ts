import { environment } from '../library/config.ts';
import { describeSettings, settingsTable } from '../library/describe-settings.ts';

const MARKED = /(<!-- settings -->\n)[\s\S]*(<!-- \/settings -->)/;

/** A document with the table of all settings between its two markers. */
export function withSettings(document: string): string {
  if (!MARKED.test(document)) throw new Error('The document has no place for the settings: two markers are expected.');
  return document.replace(
    MARKED,
    (_, before, after) => `${before}\n${settingsTable(describeSettings(environment))}\n${after}`,
  );
}
