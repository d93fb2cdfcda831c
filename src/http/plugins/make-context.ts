import type { ByteBudget } from '../../db/byte-budget.ts';
import type { Database } from '../../db/database.ts';
import { Context, type Principal, type Providers } from '../../graphql/core/context.ts';
import { narrowingOf } from '../../tables/narrowing.ts';
import { currentRequest } from '../telemetry/request-record.ts';
import type { Note } from './use-audit.ts';

export interface ContextOptions extends Providers {
  database: Database;
  /** How long one statement of a read may take. */
  statementTimeoutMs: number;
  /** Takes what is to stand in the audit trail. */
  note: Note;
}

/** What is known of a request when its operation begins. */
export interface Operating {
  principal: Principal;
  budget?: ByteBudget;
  sessionId?: string;
}

/** Makes the contexts of operations. What was made has to be closed: `context.reads.close()`. */
export const contextMaker =
  (options: ContextOptions, onClockBehind: (ms: number) => void) =>
  (operating: Operating): Context => {
    const { database, embeddings, chat, statementTimeoutMs, note } = options;
    const { principal, budget, sessionId } = operating;
    const counted = currentRequest.getStore()?.statements.on(database);
    const { workspaceId, actor, restriction, scopes } = principal;
    const tenant = {
      database: counted ?? database,
      workspaceId,
      actor,
      embedding: embeddings.model,
      confirmsFindings: chat != null,
      restriction: restriction ? narrowingOf(restriction) : null,
      isBlind: !scopes.has('READ'),
      statementTimeoutMs,
      onClockBehind,
      ...(budget && { budget }),
      ...(sessionId && { sessionId }),
    };
    return new Context(principal, tenant, options, (noted) => note(operating, noted));
  };
