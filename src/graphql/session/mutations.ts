import { z } from 'zod';
import { purgeSessions } from '../../domain/session/list.ts';
import { endSession, type Started, startSession } from '../../domain/session/sessions.ts';
import { bounds } from '../../kernel/input.ts';
import { CompanionRefInput } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { ConversationRefInput } from '../core/conversation-ref.ts';
import { defineInput, json, type Kind, key, optional, required, text } from '../core/input.ts';
import { defineMutation } from '../core/mutation.ts';
import { forReaders } from '../core/scope-note.ts';
import { SessionRefInput } from '../core/session-ref.ts';
import { UserRefInput } from '../user/type.ts';
import { readSession, Session } from './type.ts';

/** A year. */
const MOST_MINUTES = 525_600;
const minutes: Kind<number> = {
  type: 'Int',
  check: z
    .int('A whole number is expected.')
    .min(1, 'At least 1 is expected.')
    .max(MOST_MINUTES, `At most ${MOST_MINUTES} is allowed.`),
  bound: `1 to ${MOST_MINUTES.toLocaleString('en')}`,
};

const SessionClientInput = defineInput('SessionClientInput', 'What program a session is of.', {
  name: optional(text('name', bounds.name), 'What it is called'),
  version: optional(text('version', bounds.name), 'Its version'),
  protocol: optional(text('protocol', bounds.name), 'What it speaks, such as a version of MCP'),
});

defineMutation('startSession', {
  description:
    'Starts a session, which requests name by the header `x-palimpsest-agent-session`. If one of the same ' +
    'externalId, companion and user is open, that one is returned as it is; if it has ended or expired, another one begins.',
  input: 'Whose session it is.',
  fields: {
    companion: required(CompanionRefInput, 'The companion it is with. An unknown key creates one.'),
    user: optional(
      UserRefInput,
      "The user it is of. With a conversation it is the conversation's; another one is INVALID_INPUT.",
    ),
    conversation: optional(ConversationRefInput, 'The conversation it is about. An unknown externalId begins one.'),
    externalId: optional(key('externalId'), 'Your own id for it', {
      more: 'Default: its id.',
    }),
    client: optional(SessionClientInput, 'The program.'),
    expiresAfter: required(minutes, 'Minutes without activity after which it expires', { default: 60 }),
    metadata: optional(json, 'Your own notes on it.'),
  },
  payload: builder.objectRef<Started>('StartSessionPayload').implement({
    description: 'The session that was started, or was open already.',
    fields: (t) => ({
      session: t.field({
        type: Session,
        ...forReaders('The session.'),
        resolve: ({ sessionId }, _args, context) => readSession(context, sessionId),
      }),
    }),
  }),
  run: (tx, given) => startSession(tx, given),
});

defineMutation('endSession', {
  description: 'Ends a session: requests that name it are refused from then on. One that is over stays as it is.',
  input: 'The session to end.',
  fields: { session: required(SessionRefInput, 'Which one. An unknown one is NOT_FOUND.') },
  payload: builder.objectRef<{ sessionId: string }>('EndSessionPayload').implement({
    description: 'The session that was ended.',
    fields: (t) => ({
      session: t.field({
        type: Session,
        ...forReaders('The session.'),
        resolve: ({ sessionId }, _args, context) => readSession(context, sessionId),
      }),
    }),
  }),
  run: async (tx, { session }) => ({ sessionId: await endSession(tx, session) }),
});

defineMutation('purgeExpiredSessions', {
  description:
    'Erases sessions that have expired or were ended, in batches. Events of what was done in them stay, and no longer ' +
    'name them. If it is interrupted, call it again: it continues with what is left.',
  input: 'Which sessions to erase.',
  fields: { companion: optional(CompanionRefInput, 'Only those with this companion. An unknown companion has none.') },
  payload: builder.objectRef<{ purgedCount: number }>('PurgeExpiredSessionsPayload').implement({
    description: 'What was erased for good.',
    fields: (t) => ({ purgedCount: t.exposeInt('purgedCount', forReaders('How many sessions were erased.')) }),
  }),
  audited: () => undefined,
  runInBatches: async (tenant, { companion }) => {
    const purgedCount = await purgeSessions(tenant, companion);
    return async () => ({ purgedCount });
  },
});
