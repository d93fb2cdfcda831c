import { createHash } from 'node:crypto';

/** Digest of a content with case and white space folded: equal for what counts as the same content. */
export const foldContent = (content: string): string =>
  createHash('sha256')
    .update(content.normalize('NFC').trim().replace(/\s+/gu, ' ').toLowerCase())
    .digest('base64url')
    .slice(0, 22);
