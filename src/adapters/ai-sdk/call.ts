import type { LanguageModelMiddleware } from 'ai';

// What a language model of the AI SDK is called with, and what it answers: as `ai` says it.

type Wrap = NonNullable<LanguageModelMiddleware['wrapGenerate']>;
type WrapStream = NonNullable<LanguageModelMiddleware['wrapStream']>;

export type CallOptions = Parameters<Wrap>[0]['params'];
export type PromptMessage = CallOptions['prompt'][number];
export type Content = Awaited<ReturnType<Wrap>>['content'][number];
export type StreamResult = Awaited<ReturnType<WrapStream>>;
export type StreamPart = StreamResult['stream'] extends ReadableStream<infer Part> ? Part : never;
