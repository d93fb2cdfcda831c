import { isLoopback } from '../../domain/credential/settings.ts';
import type { Principal } from '../../kernel/principal.ts';

/** Who asks a server without credentials. */
const LOCAL = 'local';

/**
 * Whether a request comes from a page that may not use a server without credentials, as far as browsers say so: those of
 * this machine and of CORS_ORIGINS may. With credentials, the page needs one.
 */
export function foreignOrigin({ headers }: Request, { credential }: Principal, allowed: readonly string[]): boolean {
  const origin = headers.get('origin');
  if (credential !== LOCAL || origin === null || allowed.includes(origin)) return false;
  const { protocol, hostname } = URL.parse(origin) ?? {};
  return /^https?:$/.test(protocol ?? '') && !isLoopback(hostname?.replace(/^\[(.*)\]$/, '$1') ?? '');
}
