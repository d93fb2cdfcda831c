/** What a credential may do. */
export const scopes = ['READ', 'WRITE', 'ADMIN'] as const;
export type AccessScope = (typeof scopes)[number];

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
}
