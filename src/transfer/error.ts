/** An import or export cannot go on; `message` says in plain sentences why, and what to do. */
export class TransferError extends Error {
  override name = 'TransferError';
}

const reasons: Record<string, string> = {
  ENOENT: 'there is no such file or folder',
  EISDIR: 'it is a folder',
  ENOTDIR: 'part of its path is not a folder',
  EACCES: 'permission is denied',
  EPERM: 'permission is denied',
  EROFS: 'the disk is read-only',
  ENOSPC: 'the disk is full',
};

/** Names a failure of the file system as a TransferError; any other error comes back as it is. */
export function explainFile(error: unknown, verb: 'read' | 'written', file: string): unknown {
  const { code, syscall } = error as { code?: string; syscall?: string };
  if (!code || !syscall) return error;
  return new TransferError(`${file} cannot be ${verb}: ${reasons[code] ?? code}.`, { cause: error });
}
