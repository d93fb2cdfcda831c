import { ConfigError } from '../kernel/config-error.ts';
import { type Define, refuseWith } from './parser.ts';
import { transfer } from './transfer.ts';

export const define: Define = (command, surroundings) => {
  refuseWith(command, () => new ConfigError('Exactly one file is expected: npm run import -- FILE [--companion KEY]'))
    .argument('<file>', 'JSON Lines, as export writes them, or the memory file of an MCP server')
    .option('--companion <key>', 'whose memories those of an MCP file become (default: mcp-memory)')
    .action((file: string, { companion }: { companion?: string }) => transfer('import', file, companion, surroundings));
};
