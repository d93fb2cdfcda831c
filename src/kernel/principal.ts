/** What a credential may do. */
export const scopes = ['READ', 'WRITE', 'ADMIN'] as const;
export type AccessScope = (typeof scopes)[number];

/** What of its workspace a credential is restricted to, by keys. Null: not restricted in that; an empty list: to none. */
export interface Restriction {
  readonly companions: readonly string[] | null;
  readonly users: readonly string[] | null;
  /** Names that may have nothing yet. A write that names one makes it, and it is among the keys from then on. */
  readonly mayCreate?: NamesToCreate;
}

/** Keys of companions and external ids of users. */
export interface NamesToCreate {
  readonly companions: readonly string[];
  readonly users: readonly string[];
}

/** What is restricted to, as callers name it: keys of companions, external ids of users. Null: not restricted in that. */
export interface NamedRestriction {
  readonly companions: readonly string[] | null;
  readonly users: readonly string[] | null;
}

/** What a restriction is made of: what is in all of it is seen. Names may have nothing yet, and come to have it. */
export interface RestrictedBy {
  readonly ids: Restriction | null;
  readonly names: readonly NamedRestriction[];
}

/** Who asks: the workspace comes from here, never from input. */
export interface Principal {
  readonly workspaceId: string;
  /** The name of the credential in limits and logs: never the secret. */
  readonly credential: string;
  /**
   * Whose idempotency keys it uses, and as whom it goes on when its secret is exchanged or its token refreshed. Default:
   * the credential.
   */
  readonly owner?: string;
  /** The caller in events: the kind of credential and its name, `key:…`, `jwt:…` or `local:…`. */
  readonly actor: string;
  /** What the credential may do. */
  readonly scopes: ReadonlySet<AccessScope>;
  /** What it sees of the workspace; null or absent: all of it. */
  readonly restriction?: Restriction | null;
  /** What `restriction` was made of, where names were part of it. */
  readonly restrictedBy?: RestrictedBy;
  /** When the credential expires; absent: it does not. */
  readonly expiresAt?: Date;
}
