import { errors, type JWTPayload, jwtVerify } from 'jose';
import { Unauthenticated, Unavailable } from '../../kernel/errors.ts';
import { bounds } from '../../kernel/input.ts';
import { type AccessScope, type NamedRestriction, scopes } from '../../kernel/principal.ts';
import { remoteKeys, verifyBy } from './jwks.ts';

/** How far the issuer's clock may be off, in seconds. */
const CLOCK_TOLERANCE_S = 5;
/** What events can name as who acted: 1–200 characters, no control characters. */
const SUBJECT = /^\P{Cc}{1,200}$/u;
/** A name that a token is restricted to, and how many there may be. One that nothing has lets nothing through. */
const NAME = new RegExp(`^\\P{Cc}{0,${bounds.key}}$`, 'u');
const MAX_NAMES = 1_000;
/** The last moment a Date can hold. */
const LAST_MOMENT_MS = 8.64e15;
/** Asymmetric signatures only: a public key must never be used as a shared secret. */
const publicKeyAlgorithms = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
const secretAlgorithms = ['HS256', 'HS384', 'HS512'];

/** Whose tokens are taken, and what they say where. */
export interface JwtSettings {
  issuer: string;
  audience: string;
  /** What signatures are verified by: a secret shared with the issuer, or where its public keys are. */
  key: { secret: string } | { jwksUrl: string };
  /** The claim that holds the workspace's name. */
  workspaceClaim: string;
  /** The claim that holds the scopes: words separated by spaces, or a list. */
  scopesClaim: string;
  /** The claims that restrict a token to companions, by their keys, or users, by their external ids; undefined: none. */
  companionsClaim?: string | undefined;
  usersClaim?: string | undefined;
}

/** What a token that has been verified says. */
export interface JwtIdentity {
  /** The workspace's name. */
  workspace: string;
  subject: string;
  scopes: Set<AccessScope>;
  expiresAt: Date;
  restrictedTo: NamedRestriction;
}

/**
 * Verifies tokens (RFC 7519) by the settings. It throws Unauthenticated, with what is wrong and no part of the token,
 * and Unavailable where the keys of the issuer cannot be fetched.
 */
export function jwtVerifier(settings: JwtSettings): (token: string) => Promise<JwtIdentity> {
  const { key, issuer, audience, workspaceClaim, scopesClaim, companionsClaim, usersClaim } = settings;
  const options = {
    issuer,
    audience,
    clockTolerance: CLOCK_TOLERANCE_S,
    requiredClaims: ['exp', workspaceClaim],
    algorithms: 'secret' in key ? secretAlgorithms : publicKeyAlgorithms,
  };
  const secret = 'secret' in key ? new TextEncoder().encode(key.secret) : undefined;
  const jwks = 'jwksUrl' in key ? remoteKeys(key.jwksUrl) : undefined;
  return async (token) => {
    let payload: JWTPayload;
    try {
      payload = jwks
        ? await verifyBy(jwks, token, options)
        : (await jwtVerify(token, secret as Uint8Array, options)).payload;
    } catch (error) {
      if (error instanceof Unavailable) throw error;
      throw new Unauthenticated(whyNot(error));
    }
    const workspace = payload[workspaceClaim];
    if (typeof workspace !== 'string' || workspace === '' || !workspace.isWellFormed()) {
      throw new Unauthenticated(`The JWT names no workspace: its claim ${workspaceClaim} must be a name.`);
    }
    const subject: unknown = payload.sub ?? 'jwt';
    if (typeof subject !== 'string' || !SUBJECT.test(subject) || !subject.isWellFormed()) {
      throw new Unauthenticated(
        'The JWT is not accepted: its claim sub must have 1–200 characters, no control characters.',
      );
    }
    return {
      workspace,
      subject,
      scopes: scopesOf(payload[scopesClaim]),
      restrictedTo: {
        companions: namesOf(payload, companionsClaim),
        users: namesOf(payload, usersClaim),
      },
      expiresAt: new Date(Math.min((payload.exp as number) * 1000, LAST_MOMENT_MS)),
    };
  };
}

/** READ, WRITE and ADMIN, in upper or lower case; what else the issuer grants is for others. */
function scopesOf(claim: unknown): Set<AccessScope> {
  const words: unknown[] = typeof claim === 'string' ? claim.split(/\s+/) : Array.isArray(claim) ? claim : [];
  const granted = new Set(words.map((word) => (typeof word === 'string' ? word.toUpperCase() : undefined)));
  return new Set(scopes.filter((scope) => granted.has(scope)));
}

/** What a claim restricts to: one name, or a list of them. Without the claim: null. Throws Unauthenticated. */
function namesOf(payload: JWTPayload, claim: string | undefined): readonly string[] | null {
  const value = claim === undefined ? undefined : payload[claim];
  if (value === undefined) return null;
  const names: unknown[] = Array.isArray(value) ? value : [value];
  const isName = (name: unknown): name is string => typeof name === 'string' && NAME.test(name);
  if (names.length <= MAX_NAMES && names.every(isName)) return names;
  throw new Unauthenticated(
    `The JWT is not accepted: its claim ${claim} must be a name or a list of at most ${MAX_NAMES} names, ` +
      `each of at most ${bounds.key} characters.`,
  );
}

function whyNot(error: unknown): string {
  if (error instanceof errors.JWTExpired) return 'The JWT has expired.';
  if (error instanceof errors.JWTClaimValidationFailed) {
    return (
      `The JWT is not accepted: its claim ${error.claim} ` +
      `${error.reason === 'missing' ? 'is missing' : 'is not what is expected here'}.`
    );
  }
  if (error instanceof errors.JOSEAlgNotAllowed)
    return 'The JWT is not accepted: the algorithm of its signature is not accepted.';
  return 'The JWT is not accepted: its signature does not fit the keys of the issuer.';
}
