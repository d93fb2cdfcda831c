/** Where a node is, in the units of the layout. */
export interface Place {
  x: number;
  y: number;
}

/** Between nodes that are put down before the layout has run. */
const APART = 10;

/** A number from 0 to 1 that a text always gives, so that the same graph is laid out the same way each time. */
export function shareOf(text: string): number {
  let hash = 2_166_136_261;
  for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 16_777_619);
  return (hash >>> 0) / 4_294_967_296;
}

/** Where a new node begins: near one that it is connected with, or anywhere among the others. */
export function firstPlace(id: string, near: Place | undefined, count: number): Place {
  const angle = shareOf(id) * 2 * Math.PI;
  const radius = near ? APART : APART * Math.sqrt(count) * Math.sqrt(shareOf(`${id} far`));
  return { x: (near?.x ?? 0) + radius * Math.cos(angle), y: (near?.y ?? 0) + radius * Math.sin(angle) };
}
