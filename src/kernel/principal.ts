/** What a credential may do. */
export const scopes = ['READ', 'WRITE', 'ADMIN'] as const;
export type AccessScope = (typeof scopes)[number];

/** Who asks: the workspace comes from here, never from input. */
export interface Principal {
  readonly workspaceId: string;
  /** What the credential is told from others by, in limits and logs: never the secret. */
  readonly credential: string;
  /** What events call whoever asks. */
  readonly actor: string;
  /** What the credential may do. */
  readonly scopes: ReadonlySet<AccessScope>;
}
