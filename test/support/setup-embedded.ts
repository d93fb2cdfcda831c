import { readFileSync } from 'node:fs';

// V8 compiles the same WebAssembly once a process as long as something holds the module: each file of tests opens an
// embedded database of its own in a thread of its own, which then takes a third less.
const kept = globalThis as { pglite?: Promise<WebAssembly.Module> };
if (!process.env.TEST_DATABASE_URL) {
  kept.pglite ??= WebAssembly.compile(
    readFileSync(new URL('pglite.wasm', import.meta.resolve('@electric-sql/pglite'))),
  );
  await kept.pglite;
}
