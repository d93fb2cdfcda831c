import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import type { TestProject } from 'vitest/node';
import { openEmbedded } from '../../src/db/embedded.ts';
import { migrate } from '../../src/db/migrate.ts';
import { openPostgresql } from '../../src/db/postgresql.ts';
import { measureSlowness } from './calibration.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    /** A migrated, empty embedded database: the file of its dump. */
    dump: string | undefined;
    /** An embedded database without any tables: the file of its dump. It takes seconds less to open than one to be made. */
    bare: string | undefined;
    /** A migrated, empty PostgreSQL database: its name, to be copied. */
    template: string | undefined;
    /** How many times longer things may take than on a usual machine: at least 1. */
    slowness: number;
  }
}

/** Migrates once; each test file starts from a copy of the result. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const url = process.env.TEST_DIRECT_DATABASE_URL ?? process.env.TEST_DATABASE_URL;
  if (url) {
    const template = `palimpsest_test_${process.pid}`;
    const admin = postgres(url, { max: 1, onnotice: () => {} });
    await admin.unsafe(`create database ${template}`);
    const database = await openPostgresql({ url: withDatabase(url, template), poolSize: 2 });
    await migrate(database);
    calibrate(project, await measureSlowness(database));
    await database.close();
    project.provide('template', template);
    project.provide('dump', undefined);
    project.provide('bare', undefined);
    return async () => {
      const names = await admin<
        { datname: string }[]
      >`select datname from pg_database where datname like ${`${template}%`}`;
      for (const { datname } of names) await admin.unsafe(`drop database ${datname} with (force)`);
      await admin.end();
    };
  }
  const folder = mkdtempSync(join(tmpdir(), 'palimpsest-test-'));
  const [bare, file] = [join(folder, 'bare.tar'), join(folder, 'dump.tar')];
  const database = await openEmbedded();
  writeFileSync(bare, await database.dump());
  await migrate(database);
  writeFileSync(file, await database.dump());
  calibrate(project, await measureSlowness(database));
  await database.close();
  project.provide('bare', bare);
  project.provide('dump', file);
  project.provide('template', undefined);
  return async () => rmSync(folder, { recursive: true, force: true });
}

/** Gives tests as much more time as this machine needs. */
function calibrate(project: TestProject, slowness: number): void {
  if (slowness >= 1.1) console.log(`Time limits are ${slowness.toFixed(1)} times longer than on a usual machine.`);
  project.provide('slowness', slowness);
  const { config } = project;
  config.testTimeout *= slowness;
  config.hookTimeout *= slowness;
  if (config.expect.poll?.timeout) config.expect.poll.timeout *= slowness;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
