import type { Plugin } from 'graphql-yoga';
import type { AuditTrail, Noted } from '../../domain/audit/trail.ts';
import type { Tried } from '../../kernel/errors.ts';
import type { Principal } from '../../kernel/principal.ts';
import { addressOf, type Came, cameAs } from '../requests/address.ts';

/** What is known of a request that may be written down. */
interface Asking extends Came {
  principal?: Principal;
  /** The credential that authentication refused. */
  tried?: Tried | undefined;
}

/** Writes down what a request's principal did, or was refused. */
export type Note = (asking: Asking, noted: Pick<Noted, 'action' | 'subject' | 'outcome'>) => void;

/** Notes in the trail, with the address a request comes from. Without a trail nothing is noted. */
export const noteIn =
  (trail: AuditTrail | undefined, trustedProxies: number): Note =>
  (asking, noted) => {
    const { principal, tried } = asking;
    const req = cameAs(asking);
    const who = tried?.who ?? principal;
    if (who) trail?.note({ who, ...noted, address: req && addressOf(req, trustedProxies) });
  };

/** Notes who could not come in with a credential that is known, and who came too often. */
export const useAudit = (note: Note): Plugin<object, Asking> => ({
  onResponse({ response, serverContext }) {
    if (!serverContext) return;
    const { tried, principal } = serverContext;
    if (tried) note(serverContext, { action: 'authenticate', outcome: tried.outcome });
    else if (principal && response.status === 429) note(serverContext, { action: 'request', outcome: 'RATE_LIMITED' });
  },
});
