/** Said instead of taking back what has changed again. */
const CHANGED_SINCE = 'It has changed since: nothing was taken back.';

/**
 * Takes a change of one's own back where it stands as it left it. `expected` is what the change left, as its answer says,
 * and `read` reads the same once more; both are compared as JSON. Throws where they differ.
 */
export async function takeBack<State>(
  expected: State,
  read: () => Promise<State>,
  undo: () => Promise<unknown>,
): Promise<void> {
  await expectState(expected, read);
  await undo();
}

/** Throws where something is no longer as it was left. */
export async function expectState<State>(expected: State, read: () => Promise<State>): Promise<void> {
  if (JSON.stringify(await read()) !== JSON.stringify(expected)) throw new Error(CHANGED_SINCE);
}
