/** What a credential may do. */
export const scopes = ['READ', 'WRITE', 'ADMIN'] as const;
export type AccessScope = (typeof scopes)[number];

/** Who asks: the workspace comes from here, never from input. */
export interface Principal {
  readonly workspaceId: string;
  /** The name of the credential in limits and logs: never the secret. */
  readonly credential: string;
  /** The name of the caller in events. */
  readonly actor: string;
  /** What the credential may do. */
  readonly scopes: ReadonlySet<AccessScope>;
}
