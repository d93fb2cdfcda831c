import type { Define } from './parser.ts';

export const define: Define = (command) => {
  command.action(async () => {
    const [{ printSchema }, { schema }] = await Promise.all([import('graphql'), import('../graphql/schema.ts')]);
    console.log(printSchema(schema));
  });
};
