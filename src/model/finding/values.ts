import type { Dimension, Token, Value } from './statement.ts';
import { weightOf, wordSet } from './tokens.ts';
import { inUnit, monthOf, numberIn, numberWord, rates, squared, unitOf } from './units.ts';

/** More values in a clause are a table or a list of data: none is read. */
const MAX_VALUES = 12;
/** How far behind a number the thing it counts may stand. */
const COUNTED_WITHIN = 4;

/** A value before it is known what part it plays. */
export type FoundValue = Pick<Value, 'dimension' | 'amount' | 'unit' | 'per' | 'counted' | 'raw' | 'from' | 'to'>;

const clockPattern = /^(\d{1,2})(?::(\d\d))?\s?([ap])?/;
const isClock = (word: string) => /^\d{1,2}:\d\d|^\d{1,2}\s?[ap]\.?m\.?$/.test(word);
const isDayNumber = (word: string) => /^\d{1,2}(?:st|nd|rd|th)?$/.test(word) && Number.parseInt(word, 10) <= 31;
const isYear = (word: string) => /^(?:19|20)\d\d$/.test(word);
/** Words before a number of four digits that is a quantity rather than a year. */
const beforeQuantity = /^(?:has|have|with|over|about|exactly|to|is|are|at|port|than|around|nearly|almost)$/;
const beforeYear =
  /^(?:in|since|until|till|by|during|from|around|early|late|mid|year|summer|spring|fall|autumn|winter)$/;
const endsThing =
  wordSet(`in on at to for by with and of from this per a an each every or since than after before between out
  during until till through under over within using via into`);

const minutes = (word: string): number => {
  const [, hours, past = '0', half] = clockPattern.exec(word) ?? [];
  const hour = Number(hours);
  const shifted = half === 'p' && hour < 12 ? hour + 12 : half === 'a' && hour === 12 ? 0 : hour;
  return shifted * 60 + Number(past);
};

/** The values of a clause, read token by token. */
export class ValueReader {
  readonly found: FoundValue[] = [];
  /** The tokens that values are made of. */
  readonly used = new Set<number>();

  private readonly text: string;
  private readonly tokens: readonly Token[];

  constructor(text: string, tokens: readonly Token[]) {
    this.text = text;
    this.tokens = tokens;
    for (let at = 0; at < tokens.length; at++) {
      if (this.used.has(at)) continue;
      this.readAt(at);
      if (this.found.length > MAX_VALUES) break;
    }
    if (this.found.length > MAX_VALUES) {
      this.found.length = 0;
      this.used.clear();
    }
  }

  private word(at: number): string {
    return this.tokens[at]?.word ?? '';
  }

  /** What stands between two tokens that follow each other. */
  private gap(at: number): string {
    const [before, after] = [this.tokens[at], this.tokens[at + 1]];
    return before && after ? this.text.slice(before.end, after.start) : '';
  }

  private add(dimension: Dimension, amount: number, from: number, to: number, more: Partial<FoundValue> = {}): void {
    if (!Number.isFinite(amount)) return;
    const raw = this.text.slice(this.tokens[from]?.start, this.tokens[to]?.end).trim();
    this.found.push({
      dimension,
      amount,
      raw,
      unit: dimension,
      per: this.rateAfter(to),
      counted: [],
      from,
      to,
      ...more,
    });
    for (let at = from; at <= to; at++) this.used.add(at);
  }

  /** The unit of time behind a value: "a week", "per day", "/minute". */
  private rateAfter(to: number): string {
    const slash = /^\s?\/\s?$/.test(this.gap(to));
    if (!slash && !/^(?:per|a|an|each|every)$/.test(this.word(to + 1))) return '';
    return rates.get(this.word(to + (slash ? 1 : 2))) ?? '';
  }

  private readAt(at: number): void {
    const token = this.tokens[at] as Token;
    const { word } = token;
    if (!token.isNumber) {
      if (token.isCapital && monthOf(word) > 0 && isDayNumber(this.word(at + 1))) this.addDate(at, at + 1, at);
      else if (numberWord(word) !== undefined) this.readNumberWord(at);
      return;
    }
    if (/^\d{4}-\d\d-\d\d$/.test(word)) {
      const [year, month, day] = word.split('-');
      this.add('date', Number(month) * 100 + Number(day), at, at, { unit: year as string });
    } else if (isDayNumber(word) && this.tokens[at + 1]?.isCapital && monthOf(this.word(at + 1)) > 0) {
      this.addDate(at + 1, at, at);
    } else if (isClock(word)) this.add('clock', minutes(word), at, at);
    else if (/^[$€£]/.test(word)) this.add(word.charAt(0) as Dimension, numberIn(word), at, at);
    else if (word.endsWith('%')) this.add('percent', numberIn(word), at, at);
    else if (/^v|^\d+(?:\.\d+){2,}$/.test(word)) this.add('version', 0, at, at, { unit: word.replace(/^v/, '') });
    else if (this.isYearAt(at)) this.add('year', Number(word), at, at);
    else if (!/(?:st|nd|rd|th)$/.test(word)) this.readNumber(at, numberIn(word));
  }

  private addDate(month: number, day: number, first: number): void {
    const year = isYear(this.word(first + 2)) ? this.word(first + 2) : '';
    const amount = monthOf(this.word(month)) * 100 + Number.parseInt(this.word(day), 10);
    this.add('date', amount, first, first + (year ? 2 : 1), { unit: year });
  }

  private isYearAt(at: number): boolean {
    const before = this.word(at - 1);
    if (!isYear(this.word(at)) || unitOf(this.word(at + 1))) return false;
    // "2,000 members" and "2000 members", but "the 2024 budget".
    const thing = this.countedAfter(at).at(-1);
    const isMany = thing !== undefined && /[^s]s$/.test(this.word(thing));
    return beforeYear.test(before) || (!beforeQuantity.test(before) && !isMany);
  }

  private readNumberWord(at: number): void {
    const { word } = this.tokens[at] as Token;
    const isUnit = unitOf(this.word(at + 1)) !== undefined;
    if (/^(?:zero|one)$/.test(word) && !isUnit) return;
    this.readNumber(at, numberWord(word) as number);
  }

  private readNumber(at: number, number: number): void {
    const glued = /^([\d,.]+)([a-z]+)$/.exec(this.word(at));
    const own = glued && unitOf(glued[2] as string);
    const scale = { thousand: 1e3, million: 1e6, billion: 1e9 }[this.word(at + 1)];
    const last = scale ? at + 1 : at;
    const amount = number * (scale ?? 1);
    const to = /^(?:degrees?|square)$/.test(this.word(last + 1)) ? last + 2 : last + 1;
    const named = /^[\s-]?$/.test(this.gap(last)) ? unitOf(this.word(to)) : undefined;
    const unit = this.word(last + 1) === 'square' ? squared(named) : named;
    if (own) {
      this.add(own.dimension, inUnit(numberIn(glued[1] as string), own), at, at, { unit: own.name });
    } else if (unit) this.add(unit.dimension, inUnit(amount, unit), at, to, { unit: unit.name });
    else if (this.isVersionAt(at)) this.add('version', 0, at, at, { unit: this.word(at) });
    else this.addCount(amount, at, last);
  }

  private addCount(amount: number, at: number, last: number): void {
    const counted = this.countedAfter(last);
    const things = counted.flatMap((index) => this.tokens[index]?.stems ?? []);
    this.add(things.length > 0 ? 'count' : 'bare', amount, at, last, { counted: things });
    const value = this.found.at(-1);
    const end = counted.at(-1);
    if (value && end !== undefined) {
      value.per = this.rateAfter(end);
      value.raw = this.text.slice(this.tokens[at]?.start, this.tokens[end]?.end);
    }
  }

  /** A name with a number and a point: `Redis 7.0`. */
  private isVersionAt(at: number): boolean {
    const before = this.tokens[at - 1];
    const isNamed = before?.isCapital && at > 1 && this.gap(at - 1) === ' ';
    return /^\d+\.\d+$/.test(this.word(at)) && isNamed === true && weightOf(before.word) > 0.25;
  }

  /** The tokens of what a number counts: "15 peer-reviewed articles". */
  private countedAfter(at: number): number[] {
    const things: number[] = [];
    for (let index = at + 1; index < Math.min(this.tokens.length, at + COUNTED_WITHIN); index++) {
      const token = this.tokens[index] as Token;
      if (token.isNumber || endsThing.has(token.word) || /[,;:()]/.test(this.gap(index - 1))) break;
      if (weightOf(token.word) >= 0.25 && token.word.length > 2 && !isTimeWord(token.word)) things.push(index);
    }
    return things;
  }
}

const isTimeWord = (word: string): boolean =>
  /^(?:now|already|more|less|again|today|recently|instead|total)$/.test(word);
