import { setTimeout as sleep } from 'node:timers/promises';
import type { z } from 'zod';
import type { Tenant } from '../../db/transaction.ts';
import { Breaker } from '../../kernel/breaker.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { tokensOf } from '../embedding/texts.ts';
import { type Held, hold, settle } from './budget.ts';
import { ChatFailed } from './failure.ts';
import { type Answer, mayDoSoon, openOpenAiChat, type Put } from './openai.ts';
import { promptOf } from './prompt.ts';
import type { ChatSettings } from './settings.ts';
import { ChatUsage } from './usage.ts';

const RETRIES = 2;
/** Before the first retry, in milliseconds, where the server names no time; twice as long before the second. */
const PAUSE_MS = 200;
/** Tokens of an answer where the caller says nothing: what the model thinks to itself counts. */
const ANSWER_TOKENS = 4_000;

export interface AskOptions {
  /** Whose tokens are used. */
  workspace: Tenant;
  /** What the form of the answer is called: letters, digits and `_`. */
  name: string;
  /** The most tokens of the answer, which the budget has to have left. Default: 4,000. */
  maxTokens?: number;
  signal?: AbortSignal | undefined;
  /** Called once, at the end, with how many tokens the question has used, those of tries that failed included. */
  onUsed?: (tokens: number) => void;
}

/** What the model is to look at; a function is called right before each try, and says undefined where nothing is left. */
export type Data = object | (() => Promise<object | undefined>);

/** A chat model, as the rest of the service sees it. Never ask within a transaction. */
export interface ChatModel {
  readonly model: string;
  /** As events and findings name it: `model:…`. */
  readonly actor: string;
  /** How long nothing is sent, in milliseconds: the server has failed. */
  readonly pausedFor: number;
  /** How long one question may take, its retries included, in milliseconds. */
  readonly deadlineMs: number;
  /**
   * Has the model do a task on data, which the prompt says to look at and not to obey, and answer in the form of a schema: plain
   * objects, lists, numbers, words and enums, whose fields are all required. The answer is checked by it. Undefined: there
   * was nothing left to look at. Throws {@link ChatFailed}.
   */
  ask<T>(schema: z.ZodType<T>, task: string, data: Data, options: AskOptions): Promise<T | undefined>;
}

/** A chat model with its deadlines, retries, pauses after failures, and the budgets of workspaces. */
export class Chat implements ChatModel {
  readonly settings: ChatSettings;
  readonly usage = new ChatUsage();
  readonly #put: Put;
  readonly #log: (text: string) => void;
  readonly #breaker: Breaker;

  /** The clock is what pauses after failures are measured by. */
  constructor(settings: ChatSettings, log: (text: string) => void, now?: () => number) {
    this.settings = settings;
    this.#log = log;
    this.#put = openOpenAiChat(settings);
    this.#breaker = new Breaker(now);
  }

  get model(): string {
    return this.settings.model;
  }

  get actor(): string {
    return `model:${this.settings.model}`;
  }

  get pausedFor(): number {
    return this.#breaker.pausedFor;
  }

  get deadlineMs(): number {
    return this.settings.deadlineMs;
  }

  async ask<T>(schema: z.ZodType<T>, task: string, data: Data, options: AskOptions): Promise<T | undefined> {
    const { workspace, maxTokens = ANSWER_TOKENS } = options;
    const read = typeof data === 'function' ? (data as () => Promise<object | undefined>) : async () => data;
    const first = await read();
    if (first === undefined) return undefined;
    if (!this.#breaker.enter()) {
      throw new ChatFailed('paused', 'The chat server has failed, and is not asked for now.', {
        retryAfterMs: this.pausedFor,
      });
    }
    const spent: Spent = { tokens: 0 };
    let held: Held | undefined;
    try {
      held = await this.#hold(workspace, sizeOf(promptOf(task, first)) + maxTokens);
      return await this.#try(schema, task, read, { ...options, maxTokens }, spent);
    } finally {
      this.#breaker.leave();
      options.onUsed?.(spent.tokens);
      if (held) await this.#settle(workspace, held, spent.tokens);
    }
  }

  async #hold(workspace: Tenant, tokens: number): Promise<Held> {
    const held = await hold(workspace, tokens, this.settings.dailyTokens);
    if (!('opensInMs' in held)) return held;
    throw new ChatFailed('budget', 'The workspace has used up its tokens of the day: see CHAT_DAILY_TOKENS.', {
      retryAfterMs: held.opensInMs,
    });
  }

  /** What cannot be written down stays set aside. */
  #settle(workspace: Tenant, held: Held, tokens: number): Promise<unknown> {
    return settle(workspace, held, tokens).catch((error) =>
      this.#log(`Tokens of the chat model could not be counted: ${describeError(error)}`),
    );
  }

  /** Asks until there is an answer, or it is known that there will be none. */
  async #try<T>(
    schema: z.ZodType<T>,
    task: string,
    read: () => Promise<object | undefined>,
    { name, maxTokens = ANSWER_TOKENS, signal: given }: AskOptions,
    spent: Spent,
  ): Promise<T | undefined> {
    const { deadlineMs } = this.settings;
    const until = performance.now() + deadlineMs;
    const deadline = AbortSignal.timeout(deadlineMs);
    const signal = given ? AbortSignal.any([deadline, given]) : deadline;
    for (let retry = 0; ; retry++) {
      const data = await read();
      if (data === undefined) return undefined;
      const prompt = promptOf(task, data);
      try {
        const answer = await this.#put({ name, schema, prompt, maxTokens, signal });
        return this.#take(schema, this.#count(answer, sizeOf(prompt), spent));
      } catch (error) {
        const failure = signal.aborted ? this.#givenUp(given, sizeOf(prompt)) : (error as ChatFailed);
        if (!(failure instanceof ChatFailed)) throw error;
        spent.tokens += failure.tokens;
        const pause = failure.retryAfterMs ?? PAUSE_MS * 2 ** retry * (1 + Math.random() / 2);
        const isLast = retry === RETRIES || !mayDoSoon(failure) || performance.now() + pause >= until;
        this.#note(failure, isLast);
        if (isLast) throw failure;
        await sleep(pause, undefined, { signal }).catch(() => {
          throw this.#givenUp(given, 0);
        });
      }
    }
  }

  /** The text of an answer, whose tokens are counted; a server that counts none has them estimated. */
  #count({ text, tokens }: Answer, promptSize: number, spent: Spent): string {
    const prompt = tokens.prompt || promptSize;
    const completion = tokens.completion || tokensOf(text);
    this.usage.tokens.prompt += prompt;
    this.usage.tokens.completion += completion;
    spent.tokens += prompt + completion;
    return text;
  }

  #take<T>(schema: z.ZodType<T>, text: string): T {
    const read = schema.safeParse(jsonOf(text));
    if (!read.success)
      throw new ChatFailed('refused', `${this.model} has not answered in the form that was asked for.`);
    this.usage.requests.success++;
    this.#breaker.close();
    return read.data;
  }

  /** The deadline passed, or the caller's signal came. The server may have read the question, and charge for it. */
  #givenUp(given: AbortSignal | undefined, tokens: number): ChatFailed {
    return given?.aborted
      ? new ChatFailed('cancelled', 'The question to the chat model was cancelled.', { tokens })
      : new ChatFailed(
          'unavailable',
          `The chat server returned no answer within ${this.settings.deadlineMs} ms: see CHAT_DEADLINE_MS.`,
          { tokens },
        );
  }

  /** Counts a failure; after one that is not tried again nothing is sent for a while. */
  #note(failure: ChatFailed, isLast: boolean): void {
    const { kind } = failure;
    if (kind === 'refused') {
      this.usage.requests.refused++;
      // A refusal is an answer: the server works.
      this.#breaker.close();
    }
    if (kind !== 'unavailable') return;
    this.usage.requests.unavailable++;
    if (isLast && this.#breaker.open(failure.retryAfterMs)) {
      this.#log(`The chat model is not asked until its server answers: ${describeError(failure)}`);
    }
  }
}

interface Spent {
  tokens: number;
}

const sizeOf = ({ system, user }: { system: string; user: string }) => tokensOf(system) + tokensOf(user);

/** What a text says as JSON; some models put it into a block of Markdown. Undefined: it is none. */
function jsonOf(text: string): unknown {
  const inner = /^\s*```(?:json)?\s*\n([\s\S]*?)\n?```\s*$/.exec(text)?.[1] ?? text;
  try {
    return JSON.parse(inner);
  } catch {
    return undefined;
  }
}
