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
  HOST: z
    .string()
    .regex(/^[\w.:-]+$/, 'an address or host name is expected, such as 0.0.0.0')
    .default('127.0.0.1')
    .meta({
      description:
        'The address the server listens on. One that other machines can reach needs ' + 'CREDENTIALS=required.',
      allowed: 'an address or host name',
    }),
  CREDENTIALS: z
    .enum(['none', 'required'])
    .optional()
    .meta({
      description:
        '`none`: whoever reaches the server may do everything in WORKSPACE. `required`: each request ' +
        'brings an API key or a JWT, which decides on the workspace.',
      preset: '`required` where a JWT_… is set, else `none`',
    }),
  JWT_ISSUER: z.string().min(1).optional().meta({
    description: 'Whose JWTs are taken: their claim `iss`. It needs JWT_AUDIENCE, and JWT_JWKS_URL or JWT_SECRET.',
    allowed: 'text',
    preset: 'no JWTs are taken',
  }),
  JWT_AUDIENCE: z.string().min(1).optional().meta({
    description: 'Whom JWTs must be meant for: their claim `aud`.',
    allowed: 'text',
    preset: 'none; needed with JWT_ISSUER',
  }),
  JWT_JWKS_URL: z
    .string()
    .refine((url) => /^https?:$/.test(URL.parse(url)?.protocol ?? ''), 'an http:// or https:// URL is expected')
    .optional()
    .meta({
      description: 'Where the public keys of the issuer are, as a JSON Web Key Set.',
      allowed: 'an http:// or https:// URL',
      preset: 'none',
      holds: 'url',
    }),
  JWT_SECRET: z.string().min(32, 'a secret of at least 32 characters is expected').optional().meta({
    description: 'Instead of JWT_JWKS_URL: the secret shared with the issuer, for HS256 to HS512.',
    allowed: 'at least 32 characters',
    preset: 'none',
    holds: 'secret',
  }),
  JWT_WORKSPACE_CLAIM: z.string().min(1).default('workspace').meta({
    description: 'The claim that holds the name of the workspace.',
    allowed: 'text',
  }),
  JWT_SCOPES_CLAIM: z.string().min(1).default('scope').meta({
    description: 'The claim that holds the scopes `read`, `write` and `admin`: words separated by spaces, or a list.',
    allowed: 'text',
  }),
  JWT_COMPANIONS_CLAIM: z
    .string()
    .min(1)
    .optional()
    .meta({
      description:
        'The claim that restricts a JWT to companions, by their keys: a name, or a list. A JWT without it is not ' +
        'restricted to companions; one with an empty list sees nothing.',
      allowed: 'text',
      preset: 'no claim restricts to companions',
    }),
  JWT_USERS_CLAIM: z.string().min(1).optional().meta({
    description: 'The same for users, by their external ids.',
    allowed: 'text',
    preset: 'no claim restricts to users',
  }),
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
      throw new ConfigError('JWT_… is set, but CREDENTIALS=none asks nobody for a credential: leave out one of them.');
    if (!isLoopback(host)) {
      throw new ConfigError(
        `HOST=${host} can be reached from other machines, but CREDENTIALS=none asks nobody for a ` +
          `credential: set CREDENTIALS=required, or leave HOST out.`,
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
  const { JWT_COMPANIONS_CLAIM: companionsClaim, JWT_USERS_CLAIM: usersClaim } = data;
  const claims = { workspaceClaim, scopesClaim, companionsClaim, usersClaim };
  return { host, credentials, jwt: { issuer, audience, key, ...claims } };
}
