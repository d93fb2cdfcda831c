// What the server says in the page of itself: addresses are relative, so that a proxy may put a path before them.

const said = (name: string): string | undefined =>
  document.querySelector<HTMLMetaElement>(`meta[name="palimpsest:${name}"]`)?.content;

const absolute = (address: string): string => new URL(address, document.baseURI).href;

/** Where GraphQL is. */
export const graphqlUrl = absolute(said('graphql') ?? 'graphql');

const graphiqlAddress = said('graphiql');

/** Whether the server has subscriptions. */
export const hasSubscriptions = said('subscriptions') !== undefined;

/** The address at which GraphiQL opens with this document; undefined where it is off. */
export function graphiqlUrl(document: string, variables: object = {}): string | undefined {
  if (graphiqlAddress === undefined) return undefined;
  const url = new URL(absolute(graphiqlAddress));
  url.searchParams.set('query', document);
  if (Object.keys(variables).length > 0) url.searchParams.set('variables', JSON.stringify(variables, null, 2));
  return url.href;
}
