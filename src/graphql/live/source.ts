import type { GraphQLResolveInfo } from 'graphql';
import { type EventFilter, type EventRow, eventsBehind } from '../../domain/event/list.ts';
import type { Context } from '../core/context.ts';

/** An event that is delivered, and where the next begin. */
export interface Delivered<Value> {
  /** What the field resolves from. */
  value: Value;
  position: number;
  /** The cursor to resume after it; undefined where the field takes none. */
  cursor: string | undefined;
}

/** The events that somebody reads next, all of one view. */
export interface Portion<Value> {
  items: Delivered<Value>[];
  /** Up to here nothing else is of interest. */
  to: number;
}

/** How many places in the feed are looked through at once, however many events fit. */
const WIDTH = 10_000;

interface SourceOptions<Value> {
  filter: EventFilter;
  /** Begin behind this place; undefined: with what happens from now on. */
  after: number | undefined;
  /** What is delivered of events, in their order: of some it may be nothing. */
  deliver: (context: Context, rows: readonly EventRow[]) => Promise<Delivered<Value>[]>;
  /** The cursor that begins behind a place. */
  cursorAt?: (position: number, at: Date) => string;
}

/**
 * What a field of Subscription follows. It is handed to the plugin that delivers by being the field's source stream; as
 * a stream of its own it has nothing.
 */
export class LiveSource<Value = unknown> {
  readonly filter: EventFilter;
  readonly after: number | undefined;
  readonly #options: SourceOptions<Value>;

  constructor(options: SourceOptions<Value>) {
    this.filter = options.filter;
    this.after = options.after;
    this.#options = options;
  }

  /** Reads what comes behind a place, at most `limit` events, in the context's view; all up to `head` is in that. */
  async read(context: Context, position: number, head: number, limit: number): Promise<Portion<Value>> {
    const end = Math.min(head, position + WIDTH);
    const rows = await eventsBehind(context.reads, this.filter, { after: position, upTo: end, limit });
    const last = rows.at(-1);
    const items = rows.length > 0 ? await this.#options.deliver(context, rows) : [];
    return { items, to: last && rows.length === limit ? last.position : end };
  }

  /** The cursor to resume after a place; undefined where the field takes none. */
  cursorAt(position: number): string | undefined {
    return this.#options.cursorAt?.(position, new Date());
  }

  // biome-ignore lint/correctness/useYield: it has nothing
  async *[Symbol.asyncIterator](): AsyncGenerator<never> {
    throw new Error('what a subscription follows is read by the plugin that delivers it');
  }
}

/** The `subscribe` and `resolve` of a field: the value that was read is what it resolves from. */
export const liveField = <Args, Value>(source: (args: Args) => LiveSource<Value>) => ({
  subscribe: (_root: unknown, args: Args, _context: Context, _info: GraphQLResolveInfo) =>
    source(args) as unknown as AsyncIterable<Value>,
  resolve: (value: Value) => value,
});
