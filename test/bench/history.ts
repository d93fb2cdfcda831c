import { median, onPostgresql, timed } from './databases.ts';
import { addRevisions, fillCompanion, relateCompanion, settle } from './generate.ts';
import { type BenchService, serve } from './service.ts';

const MEMORIES = 20_000;
const ROUNDS = 150;

const documents = {
  'page of 100':
    '{ memories(companion: {key: "iris"}, first: 100) { nodes { id content status importance confidence } } }',
  'page of 20 with three levels of relations': `{ memories(companion: {key: "iris"}, first: 20) { nodes { id
    relations(first: 5, direction: OUT) { edges { neighbor { id
      relations(first: 5, direction: OUT) { edges { neighbor { id
        relations(first: 5, direction: OUT) { edges { neighbor { id content } } } } } } } } } } } }`,
};

async function fill(service: BenchService): Promise<void> {
  await fillCompanion(service.tenant, 'iris', MEMORIES);
  await relateCompanion(service.tenant, 'iris');
}

/** Reads at now with ten past revisions of every memory, against the same graph without; alternating. */
export async function run(): Promise<void> {
  await onPostgresql((plain) =>
    onPostgresql(async (revised) => {
      const [without, having] = [await serve(plain), await serve(revised)];
      await Promise.all([fill(without), fill(having)]);
      await addRevisions(having.tenant, 'iris', { each: 100, rounds: 10 });
      await Promise.all([settle(plain), settle(revised)]);
      for (const [name, document] of Object.entries(documents)) {
        const [before, after]: [number[], number[]] = [[], []];
        for (let round = 0; round < ROUNDS; round++) {
          before.push((await timed(() => without.send(document))).ms);
          after.push((await timed(() => having.send(document))).ms);
        }
        console.log(
          `${name}, ten revisions of each memory: ${median(after).toFixed(2)} ms; without history ${median(before).toFixed(2)} ms; ratio ${(median(after) / median(before)).toFixed(3)}`,
        );
      }
      await without.stop();
      await having.stop();
    }),
  );
}
