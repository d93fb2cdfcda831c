import { BadAddress } from './address.ts';
import { toolDescriptors } from './descriptor.ts';
import { documentTool, type Tool } from './tool.ts';

/** The tools over the memory graph, in the order in which they are listed. */
export const ownTools: readonly Tool[] = toolDescriptors.map(documentTool);

/** Sets of tools that have a name of their own. */
const sets: Readonly<Record<string, readonly Tool[]>> = {};

/** The tools that an address names, apart by commas; without, our own. Throws {@link BadAddress}. */
export function chooseTools(named: string | undefined): readonly Tool[] {
  if (named === undefined) return ownTools;
  const names = new Set(named.split(',').map((name) => name.trim()));
  const [first, ...others] = names;
  const set = first === undefined ? undefined : sets[first];
  if (set && others.length === 0) return set;
  const unknown = [...names].find((name) => !ownTools.some((tool) => tool.name === name));
  if (unknown === undefined) return ownTools.filter(({ name }) => names.has(name));
  const known = ownTools.map(({ name }) => name).join(', ');
  const alone = Object.keys(sets).join(' or ');
  throw new BadAddress(
    `The parameter tools names ${JSON.stringify(unknown.slice(0, 50))}: known are ${known}${alone && `; or, alone, ${alone}`}.`,
  );
}
