import { encodeId } from '../../kernel/ids.ts';
import type { MessageRole } from '../../tables/conversation.ts';
import type { ToolCall } from '../message/parts.ts';
import type { ContextMemory } from './lines.ts';
import { dayOf, endOf, minuteOf } from './words.ts';

/** A message as a context says it. */
export interface ContextMessage {
  id: string;
  role: MessageRole;
  name: string | null;
  createdAt: Date;
  text: string | null;
  calls: readonly ToolCall[];
  /** What it became, where it is remembered. */
  memory: ContextMemory | null;
  /** About how many characters it has. */
  size: number;
}

/** A result alone, or with its call. */
const hasResult = ({ name, output, error }: ToolCall, role: MessageRole): boolean =>
  output !== null || error !== null || role === 'TOOL' || name === '';
/** A call alone, or with its result. */
const hasCall = ({ name, input, output, error }: ToolCall, role: MessageRole): boolean =>
  name !== '' && role !== 'TOOL' && (input !== null || (output === null && error === null));

/**
 * Messages, oldest first, in units that belong together: a call of a tool with what comes up to its result. A message
 * that calls what has no result here, or tells a result without its call, is left out.
 */
export function unitsOf(messages: readonly ContextMessage[]): ContextMessage[][] {
  const calledAt = new Map<string, number>();
  const answeredAt = new Map<string, number>();
  for (const [index, { calls, role }] of messages.entries()) {
    for (const call of calls) {
      if (hasCall(call, role)) calledAt.set(call.callId, index);
      // The first result after the call; a later one is the same told again.
      const called = calledAt.get(call.callId);
      if (hasResult(call, role) && called !== undefined && !((answeredAt.get(call.callId) as number) >= called))
        answeredAt.set(call.callId, index);
    }
  }
  const isWhole = ({ calls }: ContextMessage) => calls.every(({ callId }) => answeredAt.has(callId));
  const units: ContextMessage[][] = [];
  let until = -1;
  for (const [index, message] of messages.entries()) {
    if (!isWhole(message)) continue;
    if (index > until) units.push([]);
    (units.at(-1) as ContextMessage[]).push(message);
    until = Math.max(until, ...message.calls.map(({ callId }) => answeredAt.get(callId) as number));
  }
  return units;
}

/** What a message says, its later lines indented, and its id. Where its memory has been said, that is referred to. */
export function messageLines(message: ContextMessage, said: ReadonlySet<string>): string {
  const { id, role, name, createdAt, text, calls, memory } = message;
  const who = name ? `${name.replaceAll(/\s+/gu, ' ')} (${role.toLowerCase()})` : role.toLowerCase();
  const end = memory && memory.status !== 'ACTIVE' ? endOf(memory) : undefined;
  const words = memory && said.has(memory.id) ? `see ${encodeId('Memory', memory.id)}` : text?.trim();
  const lines = [
    ...(words ? [words + (end ? ` (${end})` : '')] : []),
    ...calls.flatMap((call) => callLines(call, role)),
  ].join('\n');
  const indented = (lines || '(no text)').replaceAll(/\s*\n/gu, '\n  ');
  return `- ${who}, ${dayOf(createdAt)}, ${minuteOf(createdAt)}: ${indented} [${encodeId('Message', id)}]\n`;
}

/** The name that a call and its result share. */
const named = ({ name, callId }: ToolCall): string =>
  [name || 'a tool', callId && `(${callId})`].filter(Boolean).join(' ');

function callLines(call: ToolCall, role: MessageRole): string[] {
  const { input, output, error } = call;
  return [
    ...(hasCall(call, role) ? [`calls ${named(call)}: ${JSON.stringify(input)}`] : []),
    ...(error !== null ? [`${named(call)} failed: ${error}`] : []),
    ...(error === null && hasResult(call, role)
      ? [`${named(call)} answers: ${typeof output === 'string' ? output : JSON.stringify(output)}`]
      : []),
  ];
}
