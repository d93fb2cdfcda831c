import { readMadeUp } from '../../support/made-up/read.ts';
import { type Conversation, readBeam, readLocomo, readMixed, readParaphrases, together } from './sets.ts';

const { env } = process;

/** The sets, each of a file that is here or that a variable names. */
const sets: Record<string, { from: keyof typeof files; read(file: string): Conversation[] }> = {
  locomo: { from: 'LOCOMO', read: readLocomo },
  together: { from: 'LOCOMO', read: (file) => together(readLocomo(file)) },
  beam: { from: 'BEAM', read: readBeam },
  mixed: { from: 'LOCOMO', read: readMixed },
  paraphrases: { from: 'PARAPHRASES', read: readParaphrases },
  'own-paraphrases': { from: 'here', read: readParaphrases },
  'made-up': { from: 'here', read: () => [readMadeUp()] },
};
const files = {
  LOCOMO: env.LOCOMO,
  BEAM: env.BEAM,
  PARAPHRASES: env.PARAPHRASES,
  here: new URL('../data/paraphrases.json', import.meta.url).pathname,
};
export const setNames = Object.keys(sets);

/** The names that a variable lists with commas; all without it. Throws for one that is unknown. */
export function listed(variable: string, all: readonly string[]): string[] {
  const names = env[variable]?.split(',').map((name) => name.trim()) ?? [...all];
  const unknown = names.find((name) => !all.includes(name));
  if (unknown !== undefined) throw new Error(`${variable} names ${unknown}, which is none of ${all.join(', ')}.`);
  return names;
}

/** The sets that RECALL_SETS lists, else these; of each as many conversations as RECALL_CONVERSATIONS says. */
export function chosenSets(names: readonly string[]): { name: string; conversations: Conversation[] }[] {
  const most = Number(env.RECALL_CONVERSATIONS ?? Number.POSITIVE_INFINITY);
  return (env.RECALL_SETS ? listed('RECALL_SETS', setNames) : names).flatMap((name) => {
    const { from, read } = sets[name] as (typeof sets)[string];
    const file = files[from];
    if (!file) console.log(`(${name} is left out: ${from} names no file)`);
    return file ? [{ name, conversations: read(file).slice(0, most) }] : [];
  });
}
