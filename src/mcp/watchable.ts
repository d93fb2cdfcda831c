import { isResource } from './resources.ts';

/** So many resources one subscription is told of. */
export const MOST_URIS = 16;

/** What asks to be told of changes, by the revision 2026-07-28. */
export const LISTEN = 'subscriptions/listen';

interface Message {
  method?: unknown;
  params?: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;

/**
 * A request `subscriptions/listen` with the resources alone that are watched: those there may be, and no more than
 * {@link MOST_URIS}. The client is told which they are. Any other message as it is.
 */
export function watchable<M extends Message>(message: M): { message: M; uris: string[] } {
  const { method, params } = message;
  if (method !== LISTEN || !isObject(params) || !isObject(params.notifications)) return { message, uris: [] };
  const { resourceSubscriptions: given } = params.notifications;
  if (!Array.isArray(given)) return { message, uris: [] };
  const uris = [...new Set<unknown>(given)].filter(isResource).slice(0, MOST_URIS);
  // What is no text is left for the protocol to refuse.
  if (given.some((uri) => typeof uri !== 'string')) return { message, uris };
  const notifications = { ...params.notifications, resourceSubscriptions: uris };
  return { message: { ...message, params: { ...params, notifications } }, uris };
}
