import { LRUCache } from 'lru-cache';
import { connect } from '../../client/connect.ts';
import type { Execute } from '../../client/execute.ts';
import type { Principal } from '../../kernel/principal.ts';
import { COMPANION_HEADER, inHeader } from '../plugins/use-narrowing.ts';
import { currentWork } from '../telemetry/current-work.ts';
import { currentRequest } from '../telemetry/request-record.ts';

/** Answers a request that is part of another, by all that any request passes. */
export type FetchPart = (url: string, init: RequestInit) => Response | Promise<Response>;

/** What is said of the body, the answer and the protocol of the whole, and not of its parts. */
const notOfParts = [
  'accept',
  'accept-encoding',
  'connection',
  'content-encoding',
  'content-length',
  'content-type',
  'expect',
  'last-event-id',
  'mcp-method',
  'mcp-name',
  'mcp-protocol-version',
  'mcp-session-id',
  'origin',
  'transfer-encoding',
  'x-cost',
];

/** How long it is known which companion a credential is for. */
const TTL_MS = 5_000;

interface Whole {
  /** Its headers, which say who asks, and from where. */
  headers: Headers;
  principal: Principal;
  /** The companion that it names. */
  companion: string | undefined;
}

/** Makes requests of GraphQL that are parts of a whole request: each with its credential, its host and its id. */
export class Parts {
  readonly #url: string;
  readonly #fetch: FetchPart;
  readonly #whole: Whole;
  readonly #fallback: string;
  #companion: Promise<string> | undefined;

  constructor(url: string, fetch: FetchPart, whole: Whole, fallback: string) {
    this.#url = url;
    this.#fetch = fetch;
    this.#whole = whole;
    this.#fallback = fallback;
  }

  /** Runs a document, narrowed to the companion. */
  readonly execute: Execute = async (...document) => this.#executing(await this.companion())(...document);

  /**
   * The companion that the request names; without, the only one that its credential is restricted to, or the default
   * of the server.
   */
  companion(): Promise<string> {
    this.#companion ??= this.#find();
    return this.#companion;
  }

  async #find(): Promise<string> {
    const { companion, principal } = this.#whole;
    if (companion !== undefined) return companion;
    if (principal.restriction?.companions?.length !== 1) return this.#fallback;
    const known = `${principal.workspaceId} ${principal.credential}`;
    const found = only.get(known) ?? (await this.#only());
    if (found !== undefined) only.set(known, found);
    return found ?? this.#fallback;
  }

  async #only(): Promise<string | undefined> {
    if (!this.#whole.principal.scopes.has('READ')) return undefined;
    const data = await this.#executing(undefined)<{ companions: { nodes: { key: string }[] } }>(
      'query OnlyCompanion { companions(first: 1) { nodes { key } } }',
    );
    return data.companions.nodes[0]?.key;
  }

  #executing(companion: string | undefined): Execute {
    const fetch = (url: string, init: RequestInit) => {
      const headers = this.#headers(init.headers as Record<string, string>, companion);
      return Promise.resolve(this.#fetch(url, { ...init, headers }));
    };
    // It is this very server: one that cannot now will not be able to at once.
    return connect({ url: this.#url, fetch, retries: 0 }).execute;
  }

  #headers(own: Record<string, string>, companion: string | undefined): Record<string, string> {
    const headers = Object.fromEntries(this.#whole.headers);
    for (const name of notOfParts) delete headers[name];
    const traceparent = currentWork.getStore()?.traceparent;
    const id = currentRequest.getStore()?.id;
    return {
      ...headers,
      ...own,
      ...(id && { 'x-request-id': id }),
      ...(traceparent && { traceparent }),
      ...(companion !== undefined && { [COMPANION_HEADER]: inHeader(companion) }),
    };
  }
}

/** By workspace and credential. */
const only = new LRUCache<string, string>({ max: 1_000, ttl: TTL_MS });
