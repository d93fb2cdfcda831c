// PostGraphile 5 over the service's own tables. Relations are declared to join memories directly, which is right where
// each lineage has one version, as in the generated graph; and columns may be ordered by that no index begins with.
// DATABASE_URL names the database. The role it names passes row-level security by, unless WORKSPACE_ID is set: then
// each request runs in a transaction as the service's role, in that workspace. usage: node server.mjs
import { createServer } from 'node:http';
import { postgraphile } from 'postgraphile';
import { makePgService } from 'postgraphile/adaptors/pg';
import { grafserv } from 'postgraphile/grafserv/node';
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber';
import { jsonPgSmartTags } from 'postgraphile/utils';

const tags = jsonPgSmartTags({
  version: 1,
  config: {
    class: {
      'palimpsest.memories': { tags: { unique: 'workspace_id,lineage_id' } },
      'palimpsest.relations': {
        tags: {
          foreignKey: [
            '(workspace_id,from_lineage_id) references palimpsest.memories (workspace_id,lineage_id)|@fieldName origin|@foreignFieldName outgoing',
            '(workspace_id,to_lineage_id) references palimpsest.memories (workspace_id,lineage_id)|@fieldName target|@foreignFieldName incoming',
          ],
        },
        attribute: {
          strength: { tags: { behavior: '+orderBy' } },
          id: { tags: { behavior: '+orderBy' } },
          retracted_at: { tags: { behavior: '+filterBy +condition:attribute:filterBy' } },
        },
      },
    },
  },
});
const { DATABASE_URL, WORKSPACE_ID } = process.env;
const settings = WORKSPACE_ID && { role: 'palimpsest_app', 'palimpsest.workspace_id': WORKSPACE_ID };
const instance = postgraphile({
  extends: [PostGraphileAmberPreset],
  plugins: [tags],
  pgServices: [makePgService({ connectionString: DATABASE_URL, schemas: ['palimpsest'], poolConfig: { max: 16 } })],
  grafast: { context: () => (settings ? { pgSettings: settings } : {}) },
  grafserv: { graphqlPath: '/graphql', graphiql: false },
});
if (process.argv[2] === 'schema') {
  const { printSchema } = await import('postgraphile/graphql');
  console.log(printSchema(await instance.getSchema()));
  process.exit(0);
}
const server = createServer();
await instance.createServ(grafserv).addTo(server);
server.listen(0, '127.0.0.1', () => console.log(`http://127.0.0.1:${server.address().port}/graphql`));
