import { APIError, type OpenAI } from 'openai';
import { zodResponseFormat } from 'openai/helpers/zod';
import { z } from 'zod';
import { openClient } from '../openai/client.ts';
import { causeOf, isBroken, isWorthRetrying, refusing, retryAfterOf, saidBy } from '../openai/failure.ts';
import { ChatFailed } from './failure.ts';
import type { Prompt } from './prompt.ts';
import type { ChatSettings } from './settings.ts';

/** The most bytes of an answer that are read: one of 4,000 tokens has some 20 KB, unless it repeats its reasoning. */
const MAX_ANSWER_BYTES = 1_000_000;

/** One question, in the form that its answer is to have. */
export interface Question {
  /** What the form is called: letters, digits and `_`. */
  name: string;
  schema: z.ZodType;
  prompt: Prompt;
  /** The most tokens of the answer, what the model thinks to itself included. */
  maxTokens: number;
  signal: AbortSignal;
}

export interface Answer {
  /** What the model wrote: JSON, unless it did as it liked. */
  text: string;
  /** As the server counted them; 0: it did not say. */
  tokens: { prompt: number; completion: number };
}

/** Puts one question; throws {@link ChatFailed}. */
export type Put = (question: Question) => Promise<Answer>;

/**
 * Puts questions to a server of OpenAI's protocol. The form of the answer is asked for by structured outputs. A server that
 * refuses these is asked for any JSON, with the form said in words; once it has answered so, it is asked like that always.
 */
export function openOpenAiChat(settings: ChatSettings): Put {
  const client = openClient(settings, fetchBounded);
  /** Undefined: it is not known yet which the server takes. */
  let mode: 'schema' | 'json' | undefined;

  const send = async (question: Question, as: 'schema' | 'json'): Promise<Answer> => {
    const { prompt, maxTokens, signal } = question;
    const completion = await client.chat.completions.create(
      {
        model: settings.model,
        messages: [
          { role: 'system', content: as === 'json' ? withForm(question) : prompt.system },
          { role: 'user', content: prompt.user },
        ],
        max_completion_tokens: maxTokens,
        response_format: as === 'json' ? { type: 'json_object' } : zodResponseFormat(question.schema, question.name),
      },
      { signal },
    );
    const answer = answerOf(completion, settings);
    mode = as;
    return answer;
  };

  return async (question) => {
    try {
      if (mode) return await send(question, mode);
      try {
        return await send(question, 'schema');
      } catch (error) {
        if (!mayRefuseForms(error)) throw error;
        return await send(question, 'json');
      }
    } catch (error) {
      throw failureOf(error, settings);
    }
  };
}

/** Of statuses that are about the request: the form may be what the server does not like. */
const mayRefuseForms = (error: unknown) =>
  error instanceof APIError && error.status !== undefined && (refusing.has(error.status) || error.status === 501);

const withForm = ({ prompt, schema }: Question) =>
  `${prompt.system}\n\nThe form, as a JSON Schema:\n${JSON.stringify(z.toJSONSchema(schema))}`;

/** What is said, checked only as far as it is the protocol's. */
function answerOf(completion: OpenAI.ChatCompletion, { model }: ChatSettings): Answer {
  const choice = completion.choices?.[0];
  const text = choice?.message?.content;
  const { prompt_tokens: prompt = 0, completion_tokens = 0 } = completion.usage ?? {};
  const tokens = { prompt, completion: completion_tokens };
  const refused = (why: string) =>
    new ChatFailed('refused', `${model} ${why}`, { tokens: tokens.prompt + tokens.completion });
  if (choice?.message?.refusal || choice?.finish_reason === 'content_filter') throw refused('refused to answer.');
  if (choice?.finish_reason === 'length') throw refused('has not come to an end within the tokens it had.');
  if (typeof text !== 'string') {
    throw new ChatFailed(
      'unavailable',
      'The chat server returned something other than an answer: is OPENAI_BASE_URL the address of an OpenAI-compatible ' +
        'API, including /v1?',
    );
  }
  return { text, tokens };
}

/** More came than any answer has. */
class TooMuch extends Error {
  readonly isTooMuch = true;
}

const fetchBounded: typeof fetch = async (input, init) => {
  const response = await fetch(input, { ...init, redirect: 'error' });
  if (!response.body) return response;
  let bytes = 0;
  const bounded = new TransformStream<Uint8Array, Uint8Array>({
    transform(piece, controller) {
      bytes += piece.length;
      if (bytes > MAX_ANSWER_BYTES) controller.error(new TooMuch());
      else controller.enqueue(piece);
    },
  });
  return new Response(response.body.pipeThrough(bounded), response);
};

/** What a failed request means. Of what the server says only its code and the request's id are passed on. */
function failureOf(error: unknown, { baseUrl, model }: ChatSettings): ChatFailed {
  if (error instanceof ChatFailed) return error;
  const where = `The chat server at ${new URL(baseUrl).host}`;
  if (isTooMuch(error)) return new ChatFailed('refused', `${where} answered with more than 1 MB.`);
  if (isBroken(error)) {
    const why = causeOf(error) ?? 'no reason given';
    return unavailable(
      `${where} could not be reached, or the connection broke (${why}): check OPENAI_BASE_URL and the network.`,
      error,
    );
  }
  if (!(error instanceof APIError) || error.status === undefined) {
    return unavailable(
      `${where} returned something other than an answer: is OPENAI_BASE_URL the address of an OpenAI-compatible API, ` +
        'including /v1?',
      error,
    );
  }
  const said = `${where} answered ${saidBy(error)}`;
  if (error.status === 401 || error.status === 403) {
    return unavailable(`${said}: check OPENAI_API_KEY and what it is allowed to do.`, error);
  }
  if (error.status === 404 || error.code === 'model_not_found' || error.param === 'model') {
    return unavailable(`${said}: check CHAT_MODEL (${model}) and OPENAI_BASE_URL.`, error);
  }
  if (refusing.has(error.status)) return new ChatFailed('refused', `${said}: it does not accept what was asked.`);
  return unavailable(`${said}.`, error);
}

/** The server is at fault. Whether the same request may do in a moment is kept with it. */
class Unavailable extends ChatFailed {
  readonly isWorthRetrying: boolean;
  constructor(message: string, error: unknown) {
    super('unavailable', message, {
      retryAfterMs: error instanceof APIError ? retryAfterOf(error.headers) : undefined,
    });
    this.isWorthRetrying = isWorthRetrying(error);
  }
}

const unavailable = (message: string, error: unknown): ChatFailed => new Unavailable(message, error);

/** Whether the same question may do in a moment. */
export const mayDoSoon = (failure: ChatFailed): boolean => failure instanceof Unavailable && failure.isWorthRetrying;

function isTooMuch(error: unknown): boolean {
  for (let cause: unknown = error; cause instanceof Error; cause = cause.cause) if ('isTooMuch' in cause) return true;
  return false;
}
