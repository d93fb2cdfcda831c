import {
  createLocalJWKSet,
  createRemoteJWKSet,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from 'jose';
import { Unavailable } from '../../kernel/errors.ts';

/** How long fetching may take. */
const JWKS_TIMEOUT_MS = 5_000;
/** How long keys that were fetched are used before they are fetched again. */
const JWKS_MAX_AGE_MS = 600_000;
/** How soon they may be fetched again because of a key that is not among them. */
const JWKS_COOLDOWN_MS = 30_000;
/** How long nothing is fetched after that has failed. */
const JWKS_REST_MS = 1_000;
/** When to ask again. */
const RETRY_S = 2;

/** The keys of an issuer, fetched where they are needed. It throws Unavailable where they cannot be. */
export function remoteKeys(url: string): JWTVerifyGetKey {
  const keys = createRemoteJWKSet(new URL(url), {
    timeoutDuration: JWKS_TIMEOUT_MS,
    cacheMaxAge: JWKS_MAX_AGE_MS,
    cooldownDuration: JWKS_COOLDOWN_MS,
  });
  let failure: Unavailable | undefined;
  let restsUntil = 0;
  return async (...given) => {
    if (failure && performance.now() < restsUntil) {
      const fetched = keys.fresh && keys.jwks();
      if (!fetched) throw failure;
      return createLocalJWKSet(fetched)(...given).catch((error) => {
        throw error instanceof errors.JWKSNoMatchingKey ? failure : error;
      });
    }
    try {
      return await keys(...given);
    } catch (error) {
      if (!isUnfetched(error)) throw error;
      const message =
        'The JWT cannot be verified now, as the keys of its issuer cannot be fetched: try again in a moment.';
      failure = new Unavailable(message, RETRY_S, { cause: error });
      restsUntil = performance.now() + JWKS_REST_MS;
      throw failure;
    }
  };
}

/** Whether it says of the key set that it could not be had, and nothing of the token: see jose's remote key sets. */
const isUnfetched = (error: unknown): boolean =>
  !(error instanceof errors.JOSEError) ||
  error instanceof errors.JWKSTimeout ||
  error instanceof errors.JWKSInvalid ||
  error.code === errors.JOSEError.code;

/** Verifies by the key that the token names, or else by each that may be meant. */
export async function verifyBy(keys: JWTVerifyGetKey, token: string, options: JWTVerifyOptions): Promise<JWTPayload> {
  try {
    return (await jwtVerify(token, keys, options)).payload;
  } catch (error) {
    if (!(error instanceof errors.JWKSMultipleMatchingKeys)) throw error;
    let failure: unknown = error;
    for await (const key of error) {
      try {
        return (await jwtVerify(token, key, options)).payload;
      } catch (other) {
        failure = other;
        if (!(other instanceof errors.JWSSignatureVerificationFailed)) break;
      }
    }
    throw failure;
  }
}
