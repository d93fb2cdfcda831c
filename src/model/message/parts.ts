import type { MessageFormat } from '../../tables/conversation.ts';

// What a message says and which tools it calls, in the shapes of several SDKs. A message is kept as it was given: what is
// not understood here is kept all the same, and read as nothing.

type Json = Record<string, unknown>;

const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const listOf = (value: unknown): Json[] => (Array.isArray(value) ? value.filter(isObject) : []);
const textOf = (value: unknown): string | undefined => (typeof value === 'string' ? value : undefined);

/** A text, or the parts of the given types among the parts of a list. */
const textsIn = (content: unknown, types: readonly string[]): string[] => {
  if (typeof content === 'string') return [content];
  return listOf(content).flatMap(({ type, text }) =>
    types.includes(type as string) && typeof text === 'string' ? [text] : [],
  );
};

/** What stands in a message's `content`, or is the content itself. */
const inner = (content: unknown): unknown => (isObject(content) && 'content' in content ? content.content : content);

/** The parts of a UI message, which may come alone. */
const uiParts = (content: unknown): unknown => {
  if (!isObject(content)) return content;
  if ('parts' in content) return content.parts;
  // Mastra keeps the message as the database has it: `{ content: { format, parts } }`.
  return isObject(content.content) ? (content.content.parts ?? content.content.content) : content.content;
};

/** What LangChain keeps: stored (`data`), serialised (`kwargs`), or as it is. */
const langchain = (content: unknown): unknown => {
  if (!isObject(content)) return content;
  return isObject(content.data) ? content.data : isObject(content.kwargs) ? content.kwargs : content;
};

const texts: Record<MessageFormat, (content: unknown) => string[]> = {
  TEXT: (content) => textsIn(content, []),
  AI_SDK_UI: (content) => textsIn(uiParts(content), ['text']),
  AI_SDK_MODEL: (content) => textsIn(inner(content), ['text']),
  OPENAI_CHAT: (content) => textsIn(inner(content), ['text']),
  OPENAI_ITEM: (content) =>
    isObject(content) && content.type !== undefined && content.type !== 'message'
      ? []
      : textsIn(inner(content), ['input_text', 'output_text', 'text']),
  MASTRA: (content) => textsIn(uiParts(content), ['text']),
  LANGCHAIN: (content) => textsIn(inner(langchain(content)), ['text']),
  ANTHROPIC: (content) => textsIn(inner(content), ['text']),
};

/** The text parts of a message, in order; those that are empty are none. */
export const textParts = (format: MessageFormat, content: unknown): string[] =>
  texts[format](content).filter((text) => text !== '');

/** A call of a tool, as far as the message says. */
export interface ToolCall {
  callId: string;
  /** Empty where the message has the result alone, and does not say of what. */
  name: string;
  input: unknown;
  output: unknown;
  error: string | null;
}

/** At most so many calls are told of one message. */
export const MAX_TOOL_CALLS = 1_000;

const call = (callId: unknown, name: unknown, rest: Partial<ToolCall> = {}): ToolCall => ({
  callId: textOf(callId) ?? '',
  name: textOf(name) ?? '',
  input: rest.input ?? null,
  output: rest.output ?? null,
  error: rest.error ?? null,
});

/** JSON that came as a text; what is none stays a text. */
function parsed(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const uiCalls = (content: unknown): ToolCall[] =>
  listOf(uiParts(content)).flatMap((part) => {
    const { type, toolCallId, input, output, errorText } = part;
    if (type === 'tool-invocation' && isObject(part.toolInvocation)) {
      const { toolCallId, toolName, args, result } = part.toolInvocation;
      return [call(toolCallId, toolName, { input: args, output: result })];
    }
    const name = type === 'dynamic-tool' ? part.toolName : /^tool-(.+)$/.exec(textOf(type) ?? '')?.[1];
    return name === undefined ? [] : [call(toolCallId, name, { input, output, error: textOf(errorText) ?? null })];
  });

const modelCalls = (content: unknown): ToolCall[] =>
  listOf(inner(content)).flatMap(({ type, toolCallId, toolName, input, args, output, result }) => {
    if (type === 'tool-call') return [call(toolCallId, toolName, { input: input ?? args })];
    if (type !== 'tool-result') return [];
    const value = isObject(output) && 'value' in output ? output.value : (output ?? result);
    const isError = isObject(output) && String(output.type).startsWith('error');
    return [
      isError
        ? call(toolCallId, toolName, { error: textOf(value) ?? JSON.stringify(value) })
        : call(toolCallId, toolName, { output: value }),
    ];
  });

const openAiCalls = (content: unknown): ToolCall[] => {
  if (!isObject(content)) return [];
  if (content.tool_call_id !== undefined)
    return [call(content.tool_call_id, content.name, { output: content.content })];
  return listOf(content.tool_calls).map(({ id, function: given, custom }) => {
    const { name, arguments: args, input } = isObject(given) ? given : isObject(custom) ? custom : ({} as Json);
    return call(id, name, { input: parsed(args ?? input) });
  });
};

/** Items of Responses, and those of the Agents SDK, which writes `callId` and has results of its own. */
const itemCalls = (content: unknown): ToolCall[] => {
  if (!isObject(content)) return [];
  const { type, name, arguments: args, output } = content;
  const id = content.call_id ?? content.callId;
  if (type === 'function_call') return [call(id, name, { input: parsed(args) })];
  if (type === 'function_call_result') {
    const told = isObject(output) && output.type === 'text' ? output.text : output;
    return [call(id, name, { output: parsed(told) })];
  }
  return type === 'function_call_output' ? [call(id, name, { output: parsed(output) })] : [];
};

const langchainCalls = (content: unknown): ToolCall[] => {
  const message = langchain(content);
  if (!isObject(message)) return [];
  if (message.tool_call_id !== undefined) {
    const isError = message.status === 'error';
    const said = textOf(message.content) ?? JSON.stringify(message.content ?? null);
    return [call(message.tool_call_id, message.name, isError ? { error: said } : { output: message.content })];
  }
  return listOf(message.tool_calls).map(({ id, name, args }) => call(id, name, { input: args }));
};

const anthropicCalls = (content: unknown): ToolCall[] =>
  listOf(inner(content)).flatMap(({ type, id, name, input, tool_use_id: of, content: output, is_error: isError }) => {
    if (type === 'tool_use') return [call(id, name, { input })];
    if (type !== 'tool_result') return [];
    return [call(of, undefined, isError ? { error: textOf(output) ?? JSON.stringify(output ?? null) } : { output })];
  });

const calls: Record<MessageFormat, (content: unknown) => ToolCall[]> = {
  TEXT: () => [],
  AI_SDK_UI: uiCalls,
  AI_SDK_MODEL: modelCalls,
  OPENAI_CHAT: openAiCalls,
  OPENAI_ITEM: itemCalls,
  MASTRA: uiCalls,
  LANGCHAIN: langchainCalls,
  ANTHROPIC: anthropicCalls,
};

/** The tools that a message calls, or tells the results of, in order: at most {@link MAX_TOOL_CALLS}. */
export const toolCalls = (format: MessageFormat, content: unknown): ToolCall[] =>
  calls[format](content).slice(0, MAX_TOOL_CALLS);
