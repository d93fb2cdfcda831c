import { createHash, randomBytes } from 'node:crypto';
import {
  createReadStream,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { createGunzip, gzipSync } from 'node:zlib';
import { type ParsedTarEntryWithData, packTar, unpackTar } from 'modern-tar';
import { afterAll, afterEach, beforeAll, describe, expect, inject, test, vi } from 'vitest';
import { type EmbeddedDatabase, openEmbedded } from '../src/db/embedded.ts';
import { lockFolder } from '../src/db/lock.ts';
import { MANIFEST, readArchive, writeArchive } from '../src/transfer/backup/archive.ts';
import { backUp } from '../src/transfer/backup/backup.ts';
import { restore } from '../src/transfer/backup/restore.ts';
import { patience } from './support/calibration.ts';
import { recordStatements } from './support/database.ts';
import { localEmbeddings } from './support/embeddings.ts';
import { mutation } from './support/mutations.ts';
import { serviceOn, type TestService } from './support/service.ts';
import { digestRows } from './support/tables.ts';

vi.setConfig({ testTimeout: patience(60_000) });

const root = mkdtempSync(join(tmpdir(), 'palimpsest-backup-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));
const said = vi.spyOn(console, 'log').mockImplementation(() => {});
afterEach(() => said.mockClear());

const file = join(root, 'backup.tgz');
const original = join(root, 'original');
const restored = join(root, 'restored');

/** A digest of what a folder holds: names and contents. */
const digestOf = (folder: string): string => {
  const hash = createHash('sha256');
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const whole = join(folder, path);
    hash.update(`${path}\0`).update(statSync(whole).isFile() ? readFileSync(whole) : '');
  }
  return hash.digest('hex');
};

const READ = `query ($id: ID!, $at: PointInTime) { memory(id: $id, at: $at) {
  id content status confidence validFrom validUntil recordedAt retractedAt updatedAt
  versions(first: 10) { nodes { id content } } relations(first: 10) { nodes { id type strength recordedAt } }
  history(first: 10) { nodes { id kind at actor } } } }`;
const PAGE =
  'query ($after: String) { memories(first: 2, after: $after) { totalCount nodes { id } pageInfo { endCursor } } }';
const RECALL = '{ recall(first: 5, input: {companion: {key: "iris"}, query: "coffee"}) { nodes { id } } }';

describe.skipIf(process.env.TEST_DATABASE_URL)('a backup', () => {
  let before: Record<string, unknown>;
  let rows: Record<string, unknown>;
  let knownAt: string;
  let retry: { input: Record<string, unknown>; answer: unknown };
  const ids: string[] = [];

  async function service<T>(
    folder: string,
    use: (test: TestService, database: EmbeddedDatabase) => Promise<T>,
    dump?: Uint8Array,
  ) {
    const database = await openEmbedded({ folder, ...(dump && { dump }) });
    try {
      return await use(serviceOn(recordStatements(database), await localEmbeddings()), database);
    } finally {
      await database.close();
    }
  }

  /** All that can be seen of what was made, now and in the past, and from the second page on. */
  async function seen({ run }: TestService) {
    const now = await Promise.all(ids.map((id) => run(READ, { id })));
    const then = await Promise.all(ids.slice(0, 3).map((id) => run(READ, { id, at: { knownAt } })));
    return { now, then, recalled: await run(RECALL), second: await run(PAGE, { after }) };
  }
  let after: string;

  beforeAll(async () => {
    const dump = readFileSync(inject('dump') as string);
    await service(
      original,
      async (test, database) => {
        const create = mutation(test, 'createMemory', 'memory { id }');
        for (const content of ['Maya drinks coffee', 'Maya lives in Lisbon', 'Maya sings']) {
          ids.push((await create({ companion: { key: 'iris' }, type: 'FACT', content })).memory.id);
        }
        await sleep(5);
        knownAt = new Date().toISOString();
        await sleep(5);
        const correct = mutation(test, 'correctMemory', 'memory { id content }');
        const input = { id: ids[0], content: 'Maya drinks tea, no coffee', kind: 'MISTAKE', idempotencyKey: 'tea' };
        retry = { input, answer: await correct(input) };
        ids.push((retry.answer as { memory: { id: string } }).memory.id);
        await mutation(test, 'contradictMemory', 'contradiction { id }')({ id: ids[1], by: { memoryId: ids[2] } });
        after = (await test.run(PAGE)).memories.pageInfo.endCursor as string;
        before = await seen(test);
        rows = await digestRows(database);
      },
      dump,
    );
    await backUp(original, file);
  });

  test('is a gzipped tar archive of a file of its owner’s alone, made when it is whole', () => {
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(root).sort()).toEqual(['backup.tgz', 'original']);
    expect(readdirSync(original)).toEqual(['data']);
    expect(said).not.toHaveBeenCalledWith(expect.stringContaining('NaN'));
  });

  test('restored, is the same: rows, ids, clocks, the past, cursors, vectors and idempotency keys', async () => {
    await restore(restored, file);
    expect(said.mock.lastCall?.[0]).toMatch(/^Restored \S+ from \S+, which was made at 20\S+Z\.$/);
    await service(restored, async (test, database) => {
      expect(await digestRows(database)).toEqual(rows);
      expect(await seen(test)).toEqual(before);
      const correct = mutation(test, 'correctMemory', 'memory { id content }');
      expect(await correct(retry.input)).toEqual(retry.answer);
      expect(await correct({ ...retry.input, content: 'Other' })).toMatchObject({ code: 'IDEMPOTENCY_CONFLICT' });
      expect(await digestRows(database), 'a retry changes nothing').toEqual(rows);
      const made = await mutation(
        test,
        'createMemory',
        'memory { content }',
      )({
        companion: { key: 'iris' },
        type: 'FACT',
        content: 'Said after it',
      });
      expect(made.memory.content).toBe('Said after it');
    });
  });

  test.each([
    [
      'a file that is there already',
      () => backUp(original, file),
      /exists already: name another file, or add --force to replace it\.$/,
    ],
    ['a folder', () => backUp(original, root), /cannot be written: it is a folder\.$/],
    [
      'a file within the folder',
      () => backUp(original, join(original, 'b.tgz')),
      /is inside the folder that is backed up: /,
    ],
    [
      'no database',
      () => backUp(join(root, 'nothing'), join(root, 'b.tgz')),
      /^There is no database in \S+: set DATA_DIR /,
    ],
    [
      'a folder that is not there',
      () => backUp(original, join(root, 'no', 'b.tgz')),
      /cannot be written: there is no such file or folder\.$/,
    ],
    [
      'over a database',
      () => restore(original, file),
      /holds a database already: set DATA_DIR to another folder, or add --force to replace it\.$/,
    ],
    [
      'from a file that is not there',
      () => restore(join(root, 'new'), join(root, 'no.tgz')),
      /cannot be read: there is no such file or folder\.$/,
    ],
  ])('is refused: %s', async (_what, attempt, sentence) => {
    const there = digestOf(original);
    await expect(attempt()).rejects.toThrow(sentence);
    expect(digestOf(original)).toEqual(there);
    expect(existsSync(join(root, 'b.tgz'))).toBe(false);
  });

  test('is neither made nor restored while a server holds the folder', async () => {
    const unlock = lockFolder(original);
    const held = new RegExp(`^The data folder ${original} is in use by process ${process.pid}: stop that server first`);
    await expect(backUp(original, join(root, 'b.tgz'))).rejects.toThrow(held);
    await expect(restore(original, file, { force: true })).rejects.toThrow(held);
    unlock();
  });

  test('broken off leaves everything as it was', async () => {
    const stopped = AbortSignal.abort();
    await expect(backUp(original, file, { force: true, signal: stopped })).rejects.toThrow(
      /^Stopped: \S+ is as it was before\.$/,
    );
    const there = digestOf(original);
    await expect(restore(original, file, { force: true, signal: stopped })).rejects.toThrow(
      /^Stopped: \S+ is as it was before\.$/,
    );
    expect(digestOf(original)).toEqual(there);
    expect(readdirSync(original)).toEqual(['data']);
    expect(existsSync(`${file}.part`)).toBe(false);
  });

  describe('that is cut or damaged leaves the folder as it was:', () => {
    const bad = join(root, 'bad.tgz');
    const expectRefused = async (content: Uint8Array) => {
      writeFileSync(bad, content);
      const there = digestOf(original);
      await expect(restore(original, bad, { force: true })).rejects.toThrow(
        /is incomplete or damaged: restore another backup\.$|is not a backup of Palimpsest, or is damaged: /,
      );
      expect(digestOf(original)).toEqual(there);
    };
    const whole = () => readFileSync(file);

    test.each([0, 0.5, -8])('cut at %d', async (at) => {
      const bytes = whole();
      await expectRefused(
        bytes.subarray(0, at > 0 && at < 1 ? Math.floor(bytes.length * at) : at < 0 ? bytes.length + at : at),
      );
    });

    test.each([0, 0.3, -5])('another byte at %d', async (at) => {
      const bytes = whole();
      const place = at > 0 && at < 1 ? Math.floor(bytes.length * at) : at < 0 ? bytes.length + at : at;
      bytes[place] = (bytes[place] as number) ^ 0xff;
      await expectRefused(bytes);
    });

    test('another byte within an archive that gzip finds whole', async () => {
      const bytes = await gunzip(file);
      const place = bytes.indexOf('Maya sings');
      expect(place).toBeGreaterThan(0);
      bytes.write('Otto', place);
      await expectRefused(gzipSync(bytes, { level: 1 }));
    });

    test('a file left out', async () => {
      const bytes = await gunzip(file);
      const header = bytes.indexOf('data/PG_VERSION\0');
      await expectRefused(
        gzipSync(Buffer.concat([bytes.subarray(0, header), bytes.subarray(header + 1024)]), { level: 1 }),
      );
    });

    test('something else', async () => {
      await expectRefused(Buffer.from('{"type": "memory"}\n'));
      await expectRefused(gzipSync('{"type": "memory"}\n'));
    });
  });

  const manifest = {
    backup: 'palimpsest',
    format: 1,
    madeAt: '2026-01-01T00:00:00.000Z',
    postgresql: '18',
    migrations: [],
  };
  const archive = async (about: object, inner: ParsedTarEntryWithData[] = []) => {
    const entries = await unpackTar(await buffer(writeArchive(about, root, [], () => {})));
    const bad = join(root, 'crafted.tgz');
    writeFileSync(bad, gzipSync(await packTar([...entries.slice(0, -1), ...inner, ...entries.slice(-1)])));
    return bad;
  };

  test.each([
    [
      { ...manifest, format: 2 },
      /was made by a newer version of Palimpsest \(format 2\): restore it with that version\.$/,
    ],
    [
      { ...manifest, migrations: ['29991231_later'] },
      /was made by a newer version of Palimpsest \(29991231_later\): restore it with that version\.$/,
    ],
    [{ ...manifest, backup: 'another' }, /is not a backup of Palimpsest/],
    [manifest, /is a database of PostgreSQL 18 that cannot be opened: /],
  ])('that cannot be restored says why: %o', async (about, sentence) => {
    const there = digestOf(original);
    await expect(restore(original, await archive(about), { force: true })).rejects.toThrow(sentence);
    expect(digestOf(original)).toEqual(there);
  });

  test.each(['data/../../evil', '/evil', 'evil', 'data//evil', 'data/a/../../../evil'])(
    'leads nowhere else: %s',
    async (path) => {
      const entry = { header: { name: path, size: 4 }, data: new TextEncoder().encode('evil') };
      await expect(restore(join(root, 'victim'), await archive(manifest, [entry]))).rejects.toThrow(
        /incomplete or damaged/,
      );
      expect(readdirSync(root, { recursive: true }).filter((name) => String(name).endsWith('evil'))).toEqual([]);
    },
  );

  describe('that holds more than it may is refused while it is unpacked, and leaves nothing:', () => {
    const zeros = (path: string, bytes: number) => ({
      header: { name: `data/${path}`, size: bytes },
      data: new Uint8Array(bytes),
    });
    const expectTooLarge = async (bad: string, sentence: RegExp) => {
      const fresh = join(root, 'fresh');
      let most = 0;
      const data = join(fresh, 'restoring', 'data');
      const watch = setInterval(() => {
        try {
          for (const path of readdirSync(data)) most = Math.max(most, statSync(join(data, path)).size);
        } catch (error) {
          // It is not there yet, or is being removed meanwhile.
          if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
        }
      }, 5);
      await expect(restore(fresh, bad)).rejects.toThrow(sentence);
      clearInterval(watch);
      expect(existsSync(fresh)).toBe(false);
      const there = digestOf(original);
      await expect(restore(original, bad, { force: true })).rejects.toThrow(sentence);
      expect(digestOf(original)).toBe(there);
      return most;
    };

    test('than it says', async () => {
      const about = { ...manifest, holds: { entries: 1, bytes: 1_000 } };
      const bad = await archive(about, [zeros('large', 60_000_000)]);
      expect(
        await expectTooLarge(bad, /unpacks to more than the 0\.0 MB .*npm run backup has not made it\.$/),
      ).toBeLessThan(10_000_000);
    });

    test('than any backup of its size, whatever it says', async () => {
      const large = [zeros('large', 140_000_000)];
      const bad = await archive(manifest, large);
      expect(statSync(bad).size).toBeLessThan(2_000_000);
      await expectTooLarge(bad, /unpacks to more than the 134\.2 MB/);
      const said = await archive({ ...manifest, holds: { entries: 1, bytes: 140_000_000 } }, large);
      expect(await expectTooLarge(said, /unpacks to more than the 134\.2 MB/)).toBeLessThan(10_000_000);
    });

    test('than the disk has room for', async () => {
      // As large as it says it is, a backup of this size may be.
      const bytes = (await statfs(root)).bavail * (await statfs(root)).bsize + 1e9;
      const noise = { header: { name: 'data/noise', size: 4 }, data: randomBytes(4) };
      const bad = await archive({ ...manifest, holds: { entries: 1, bytes } }, [noise]);
      truncateSync(bad, Math.ceil(bytes / 90));
      await expectTooLarge(bad, /needs [\d.]+ MB, but the disk has only [\d.]+ MB left\.$/);
    });

    test('in files and folders', async () => {
      const folders = Array.from({ length: 50_001 }, (_, n) => ({
        header: { name: `data/${n}/`, size: 0, type: 'directory' as const },
      }));
      const bytes = await packTar([{ header: { name: MANIFEST, size: 2 }, data: Buffer.from('{}') }, ...folders]);
      const nothing = async () => {};
      const reading = readArchive(new Blob([bytes as Uint8Array<ArrayBuffer>]).stream(), {
        manifest: nothing,
        folder: nothing,
        file: nothing,
      });
      await expect(reading).rejects.toThrow('too many entries');
    });
  });

  test('says what it holds', async () => {
    const [first] = await unpackTar(await gunzip(file));
    const { holds } = JSON.parse(Buffer.from(first?.data ?? []).toString());
    expect(holds.bytes).toBeGreaterThan(10_000_000);
    expect(holds.entries).toBeGreaterThan(500);
  });

  test('takes the place of what is there when it is told to; killed in between, what was there is back', async () => {
    const folder = join(root, 'replaced');
    await restore(folder, file);
    await service(folder, async (test) => {
      await mutation(
        test,
        'createMemory',
        'memory { id }',
      )({ companion: { key: 'iris' }, type: 'FACT', content: 'Too much' });
    });
    // As a process leaves it that is killed between the two renames.
    renameSync(join(folder, 'data'), join(folder, 'data.replaced'));
    const count = (test: TestService) => test.run('{ memories { totalCount } }');
    const there = await service(folder, count);
    expect(readdirSync(folder)).toEqual(['data']);
    await restore(folder, file, { force: true });
    expect(readdirSync(folder)).toEqual(['data']);
    const { memories } = await service(folder, count);
    expect(there.memories.totalCount).toBe(memories.totalCount + 1);
  });

  test('can be checked by hand: it lists the digest of each file', async () => {
    const names: string[] = [];
    await readArchive(createReadStream(file).pipe(createGunzip()), {
      manifest: (about) => expect(about).toMatchObject({ backup: 'palimpsest', format: 1 }),
      folder: async () => {},
      async file({ path }, chunks) {
        names.push(path);
        for await (const _ of chunks);
      },
    });
    expect(names).toContain('PG_VERSION');
    const bytes = await gunzip(file);
    const sums = bytes.subarray(bytes.lastIndexOf(MANIFEST) - 66).toString('latin1');
    expect(/^[0-9a-f]{64} {2}palimpsest-backup\.json\n[0-9a-f]{64} {2}data\/PG_VERSION\n/.test(sums)).toBe(true);
  });
});

async function gunzip(path: string): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of createReadStream(path).pipe(createGunzip())) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
