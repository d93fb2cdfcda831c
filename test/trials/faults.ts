import { manyConnections, slowReaders, slowSenders, tooLargeBodies } from './faults-clients.ts';
import { revokedMidStream } from './faults-credential.ts';
import { databaseGone, diskFull, poolExhausted } from './faults-database.ts';
import { databaseFor } from './support.ts';

/** What came of a fault: what is worth knowing, and what is not as it must be. */
export interface Outcome {
  facts: string[];
  broken: string[];
}

/** What a fault is tried on. */
export interface Ground {
  /** Settings of a server on a fresh database. */
  settings: Record<string, string>;
  seed: number;
}

const faults: Record<string, { what: string; try(ground: Ground): Promise<Outcome | undefined> }> = {
  gone: { what: 'the database is gone, under load', try: (ground) => databaseGone(ground, 'cut') },
  silent: { what: 'the database does not answer, under load', try: (ground) => databaseGone(ground, 'freeze') },
  pool: { what: 'all connections to the database are in use', try: poolExhausted },
  disk: { what: 'PostgreSQL’s disk is full', try: (ground) => diskFull(ground, 'postgresql') },
  folder: { what: 'the embedded database’s disk is full', try: (ground) => diskFull(ground, 'embedded') },
  readers: { what: 'clients that do not read their answers', try: slowReaders },
  senders: { what: 'clients that send a byte a second', try: slowSenders },
  bodies: { what: 'bodies of a gigabyte', try: tooLargeBodies },
  connections: { what: 'ten thousand connections', try: manyConnections },
  revoked: { what: 'a key is revoked while its requests go on', try: revokedMidStream },
};

/** FAULTS names those that are tried, by comma; all where it is not set. */
export async function run(): Promise<boolean> {
  const wanted = process.env.FAULTS?.split(',') ?? Object.keys(faults);
  let isFine = true;
  for (const name of wanted) {
    const fault = faults[name];
    if (!fault) throw new Error(`There is no fault ${name}: ${Object.keys(faults).join(', ')}.`);
    console.log(`\n${name}: ${fault.what}`);
    const database = await databaseFor('faults');
    try {
      const outcome = await fault.try({ settings: database.settings, seed: 1 });
      if (!outcome) {
        console.log('  (left out: it needs TRIAL_DATABASE_URL, or TRIAL_POSTGRES and the right to mount)');
        continue;
      }
      for (const fact of outcome.facts) console.log(`  ${fact}`);
      for (const each of outcome.broken) console.log(`  BROKEN: ${each}`);
      if (outcome.broken.length > 0) isFine = false;
    } catch (error) {
      console.log(`  BROKEN: ${(error as Error).stack}`);
      isFine = false;
    } finally {
      await database.drop();
    }
  }
  console.log(isFine ? '\nfaults: clear answers, nothing lost' : '\nfaults: something falls short');
  return isFine;
}
