import { z } from 'zod';
import { ConfigError } from '../../kernel/config-error.ts';
import type { JwtSettings } from './jwt.ts';

/** Who reaches the server, and how they say who they are. */
export interface CredentialSettings {
  host: string;
  credentials: 'none' | 'required';
  jwt: JwtSettings | undefined;
}

/** The settings, by the environment variables they are read from. */
export const credentialVariables = {
  /** The address it listens on. Default 127.0.0.1; another than the loopback interface needs CREDENTIALS=required. */
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'an address or host name is wanted, such as 0.0.0.0')
    .default('127.0.0.1'),
  /**
   * `none` (the default): everybody who reaches the server is its one principal, in the workspace WORKSPACE. `required` (the
   * default where JWT_… is set): requests bring an API key or a JWT, which decide on the workspace.
   */
  CREDENTIALS: z.enum(['none', 'required']).optional(),
  /** Whose JWTs are taken: their claim `iss`. Without it, none are; with it, JWT_AUDIENCE and a key are needed. */
  JWT_ISSUER: z.string().min(1).optional(),
  /** Whom they must be meant for: their claim `aud`. */
  JWT_AUDIENCE: z.string().min(1).optional(),
  /** Where the issuer's public keys are, a JSON Web Key Set. Either this or JWT_SECRET. */
  JWT_JWKS_URL: z
    .string()
    .refine((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''), 'an http:// or https:// URL is wanted')
    .optional(),
  /** The secret shared with the issuer, for HS256 to HS512, 32 characters or more. */
  JWT_SECRET: z.string().min(32, 'a secret of at least 32 characters is wanted').optional(),
  /** The claim that holds the name of the workspace. Default `workspace`. */
  JWT_WORKSPACE_CLAIM: z.string().min(1).default('workspace'),
  /** The claim that holds the scopes `read`, `write`, `admin`: words apart by spaces, or a list. Default `scope`. */
  JWT_SCOPES_CLAIM: z.string().min(1).default('scope'),
};
const variables = z.object(credentialVariables);

/** Whether only this machine can reach the address. */
export const isLoopback = (host: string): boolean => /^(?:localhost|127(?:\.\d{1,3}){3}|::1)$/i.test(host);

/** What the variables come to. Throws {@link ConfigError} where they do not fit together. */
export function credentialSettingsOf(data: z.output<typeof variables>): CredentialSettings {
  const { HOST: host, JWT_ISSUER: issuer, JWT_AUDIENCE: audience, JWT_JWKS_URL: jwksUrl, JWT_SECRET: secret } = data;
  const isJwt = [issuer, audience, jwksUrl, secret].some((value) => value !== undefined);
  const credentials = data.CREDENTIALS ?? (isJwt ? 'required' : 'none');
  if (credentials === 'none') {
    if (isJwt)
      throw new ConfigError('JWT_… is set, but CREDENTIALS=none takes everybody without one: leave either out.');
    if (!isLoopback(host)) {
      throw new ConfigError(
        `HOST=${host} can be reached from elsewhere, and CREDENTIALS=none asks nobody who they are: set CREDENTIALS=required, or leave HOST out.`,
      );
    }
    return { host, credentials, jwt: undefined };
  }
  if (!isJwt) return { host, credentials, jwt: undefined };
  if (!issuer || !audience || (jwksUrl === undefined) === (secret === undefined)) {
    throw new ConfigError('JWTs need JWT_ISSUER, JWT_AUDIENCE, and either JWT_JWKS_URL or JWT_SECRET.');
  }
  const key = secret === undefined ? { jwksUrl: jwksUrl as string } : { secret };
  const { JWT_WORKSPACE_CLAIM: workspaceClaim, JWT_SCOPES_CLAIM: scopesClaim } = data;
  return { host, credentials, jwt: { issuer, audience, key, workspaceClaim, scopesClaim } };
}
