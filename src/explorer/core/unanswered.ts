/** A key under which a change is made once, however often the request is sent. */
const newKey = (): string =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('');

/** The keys of changes of which no answer came: they may have been made, and are not made twice when they are tried again. */
export class Unanswered {
  readonly #keys = new Map<string, string>();

  /** Attempts a change; `what` says all that it does. `isAnswer` is true of errors that the server has answered. */
  async attempt<Done>(
    what: string,
    send: (idempotencyKey: string) => Promise<Done>,
    isAnswer: (error: unknown) => boolean,
  ): Promise<Done> {
    const key = this.#keys.get(what) ?? newKey();
    this.#keys.set(what, key);
    try {
      const done = await send(key);
      this.#keys.delete(what);
      return done;
    } catch (error) {
      if (isAnswer(error)) this.#keys.delete(what);
      throw error;
    }
  }
}
