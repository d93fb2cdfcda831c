/** Makes each of its parts when it is first asked for, and keeps it: most parts of most texts no rule ever asks for. */
export abstract class MadeLater<Parts extends object> {
  readonly #made: Partial<Parts> = {};

  protected once<K extends keyof Parts>(part: K, make: () => Parts[K]): Parts[K] {
    if (!(part in this.#made)) this.#made[part] = make();
    return this.#made[part] as Parts[K];
  }
}
