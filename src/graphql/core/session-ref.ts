import type { SessionRef } from '../../domain/session/sessions.ts';
import { defineOneOf, id, key, optional, readAs } from './input.ts';

export const SessionRefInput = readAs(
  defineOneOf('SessionRef', 'Names a session.', {
    id: optional(id('Session'), 'The id of the session, `ses_…`.'),
    externalId: optional(key('externalId'), "The caller's own id for it: of several that had it, the one started last"),
  }),
  ({ id, externalId }): SessionRef => (id ? { id: id.uuid, given: id.given } : { externalId: externalId as string }),
);
