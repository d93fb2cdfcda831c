/**
 * The text of SQL templates in a TypeScript source: what stands between the backticks of sql`…`, without what is filled
 * in. A small scanner of strings, comments and templates: enough for sources that the formatter has laid out.
 */
export function sqlTexts(source: string): string[] {
  const texts: string[] = [];
  let at = 0;

  function skipString(quote: string): void {
    for (at++; at < source.length && source[at] !== quote; at++) if (source[at] === '\\') at++;
    at++;
  }

  function skipRegExp(): void {
    let inClass = false;
    for (at++; at < source.length; at++) {
      const character = source[at];
      if (character === '\\') at++;
      else if (character === '[') inClass = true;
      else if (character === ']') inClass = false;
      else if (character === '/' && !inClass) break;
    }
    at++;
  }

  /** Up to the brace that closes what is filled in, or to the end. */
  function skipCode(): void {
    for (let depth = 0; at < source.length; ) {
      const character = source[at] as string;
      if (source.startsWith('//', at)) at = nextOr(source.indexOf('\n', at));
      else if (source.startsWith('/*', at)) at = nextOr(source.indexOf('*/', at)) + 2;
      else if (character === "'" || character === '"') skipString(character);
      else if (character === '/' && /[=(,:[!&|?{};]\s*$/.test(source.slice(Math.max(0, at - 20), at))) skipRegExp();
      else if (character === '`') readTemplate(/\bsql(?:<[^`]*>)?$/.test(source.slice(Math.max(0, at - 60), at)));
      else if (character === '}' && depth === 0) return;
      else {
        if (character === '{') depth++;
        if (character === '}') depth--;
        at++;
      }
    }
  }

  function readTemplate(isSql: boolean): void {
    let text = '';
    for (at++; at < source.length && source[at] !== '`'; ) {
      if (source[at] === '\\') at += 2;
      else if (source.startsWith('${', at)) {
        at += 2;
        skipCode();
        at++;
        text += ' … ';
      } else text += source[at++];
    }
    at++;
    if (isSql) texts.push(text);
  }

  const nextOr = (index: number) => (index < 0 ? source.length : index);
  while (at < source.length) {
    skipCode();
    at++;
  }
  return texts;
}
