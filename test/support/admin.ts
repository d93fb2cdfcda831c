import { vi } from 'vitest';
import { defineAdmin } from '../../src/cli/admin.ts';
import { newProgram, parse } from '../../src/cli/parser.ts';
import type { Database } from '../../src/db/database.ts';
import type { EmbeddingModel } from '../../src/kernel/embedding-model.ts';

/** Runs a command as the operator, and returns what it said, by line. */
export async function runAdmin(
  database: Database,
  args: string[],
  embedding: EmbeddingModel | null = null,
): Promise<{ stdout: string[]; stderr: string[] }> {
  const said = { stdout: [] as string[], stderr: [] as string[] };
  const spies = [
    vi.spyOn(console, 'log').mockImplementation((text) => void said.stdout.push(text)),
    vi.spyOn(console, 'error').mockImplementation((text) => void said.stderr.push(text)),
  ];
  try {
    const program = defineAdmin(newProgram('admin'), (asked) => asked({ database, embedding }));
    await parse(program, args);
    return said;
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
