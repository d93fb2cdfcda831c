/** From a message of a tree back to the first one, in the order they were said. A circle ends where it closes. */
export function pathTo<Node>(
  last: string | null | undefined,
  nodes: ReadonlyMap<string, Node>,
  parentOf: (node: Node) => unknown,
): Node[] {
  const path: Node[] = [];
  const seen = new Set<string>();
  for (let id: unknown = last; typeof id === 'string' && !seen.has(id); ) {
    seen.add(id);
    const node = nodes.get(id);
    if (!node) break;
    path.push(node);
    id = parentOf(node);
  }
  return path.reverse();
}
