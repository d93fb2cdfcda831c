/** A content with the clause that matters apart. */
export interface Pieces {
  before: string;
  clause: string;
  after: string;
}

/** So many characters of a long content are shown before the clause, and behind it. */
const AROUND = 240;

/** Signs that rules read as plain ones, so that a clause has these. */
const plain: Readonly<Record<string, string>> = { '‘': "'", '’': "'", ʼ: "'", '“': '"', '”': '"' };

/** A text as rules read it: plain quotes, no backticks, one blank for many; and where each character was. */
function read(text: string): { text: string; places: number[] } {
  const places: number[] = [];
  let out = '';
  for (let place = 0; place < text.length; place++) {
    const sign = text[place] as string;
    const isBlank = /\s/.test(sign);
    if (sign === '`' || (isBlank && out.endsWith(' '))) continue;
    out += isBlank ? ' ' : (plain[sign] ?? sign);
    places.push(place);
  }
  return { text: out, places };
}

/**
 * A content in pieces, where the clause is in it; undefined where it is not. A clause that was cut ends with an ellipsis.
 * Of a long content the parts around the clause are shown.
 */
export function piecesOf(content: string, clause: string): Pieces | undefined {
  const { text, places } = read(content);
  const wanted = read(clause).text.trim();
  const looked = text.includes(wanted) ? wanted : wanted.replace(/…$/, '');
  const from = looked === '' ? -1 : text.indexOf(looked);
  if (from < 0) return undefined;
  const start = places[from] as number;
  const end = (places[from + looked.length - 1] as number) + 1;
  return {
    before: lastPart(content.slice(0, start)),
    clause: content.slice(start, end),
    after: firstPart(content.slice(end)),
  };
}

const firstPart = (text: string): string =>
  text.length > AROUND ? `${text.slice(0, AROUND).replace(/[\ud800-\udbff]$|\s*\S{1,30}$/, '')} …` : text;

const lastPart = (text: string): string =>
  text.length > AROUND ? `… ${text.slice(-AROUND).replace(/^[\udc00-\udfff]|^\S{1,30}\s*/, '')}` : text;
