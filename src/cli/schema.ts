import type { Define } from './parser.ts';

export const define: Define = (command) => {
  command
    .option('--possible-types', 'print which types each interface and union may be, as JSON: caches of clients need it')
    .action(async (options: { possibleTypes?: true }) => {
      const [{ printSchema }, { schema }] = await Promise.all([import('graphql'), import('../graphql/schema.ts')]);
      if (!options.possibleTypes) return console.log(printSchema(schema));
      const { possibleTypes } = await import('../graphql/possible-types.ts');
      console.log(JSON.stringify(possibleTypes(schema), null, 2));
    });
};
