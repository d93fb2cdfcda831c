const QUERY = `
  query Page($companion: String!, $count: Int!) {
    companion(by: { key: $companion }) {
      name
      memories(first: $count, orderBy: { field: IMPORTANCE }) {
        totalCount
        nodes {
          id content type importance status
          relations(first: 10) {
            edges { direction node { id type strength } neighbor { id content } }
          }
        }
      }
    }
  }`;

/** Reads the memories of a companion, the most important first, each with its relations: one request. Null: it is unknown. */
export async function readCompanion(url, companion, { key, count = 20 } = {}) {
  const response = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...(key && { authorization: `Bearer ${key}` }) },
    body: JSON.stringify({ query: QUERY, variables: { companion, count } }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(errors.map(({ message }) => message).join(' '));
  return data.companion;
}
