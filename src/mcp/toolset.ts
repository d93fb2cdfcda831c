import { BadAddress } from './address.ts';
import { toolDescriptors } from './descriptor.ts';
import { callMemoryServerTool, memoryServerTools } from './memory-server/tools.ts';
import { documentTool, type Tool } from './tool.ts';

/** The tools over the memory graph, in the order in which they are listed. */
export const ownTools: readonly Tool[] = toolDescriptors.map(documentTool);

/** Those of the official memory server, which asks nobody before it deletes. */
const memoryServer: readonly Tool[] = memoryServerTools.map((tool) => ({
  ...tool,
  isConfirmed: false,
  call: (given, calling) => callMemoryServerTool(tool, given, calling),
}));

/** Sets of tools that have a name of their own. */
const sets: ReadonlyMap<string, readonly Tool[]> = new Map([['memory-server', memoryServer]]);

/** The tools that an address names, separated by commas, or a set of them. Default: our own. Throws {@link BadAddress}. */
export function chooseTools(named: string | undefined): readonly Tool[] {
  if (named === undefined) return ownTools;
  const names = new Set(named.split(',').map((name) => name.trim()));
  const [first = '', ...others] = names;
  const set = sets.get(first);
  if (set && others.length === 0) return set;
  const unknown = [...names].find((name) => !ownTools.some((tool) => tool.name === name));
  if (unknown === undefined) return ownTools.filter(({ name }) => names.has(name));
  const known = ownTools.map(({ name }) => name).join(', ');
  const alone = [...sets.keys()].join(' or ');
  throw new BadAddress(
    `The parameter tools names ${JSON.stringify(unknown.slice(0, 50))}: known are ${known}; or, alone, ${alone}.`,
  );
}
