import { ConfigError } from '../kernel/config-error.ts';
import { type Define, refuseWith } from './parser.ts';
import { transfer } from './transfer.ts';

export const define: Define = (command, surroundings) => {
  refuseWith(command, () => new ConfigError('Exactly one file is expected: npm run export -- FILE'))
    .argument('<file>', 'what to write: JSON Lines')
    .action((file: string) => transfer('export', file, {}, surroundings));
};
