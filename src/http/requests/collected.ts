/** No block of memory is larger. */
const MOST_BLOCK_BYTES = 1_048_576;

/** Bytes that come in pieces of any size: thousands of tiny ones take no more memory than one. */
export class Collected {
  length = 0;
  #blocks: Buffer[] = [];
  /** How much of the last block is used. */
  #used = 0;

  add(chunk: Uint8Array): void {
    this.length += chunk.byteLength;
    for (let from = 0; from < chunk.byteLength; ) {
      let block = this.#blocks.at(-1);
      if (!block || this.#used === block.length) {
        block = Buffer.allocUnsafeSlow(Math.max(chunk.byteLength - from, Math.min(MOST_BLOCK_BYTES, this.length)));
        this.#blocks.push(block);
        this.#used = 0;
      }
      const part = chunk.subarray(from, from + block.length - this.#used);
      block.set(part, this.#used);
      this.#used += part.byteLength;
      from += part.byteLength;
    }
  }

  /** What has come so far. */
  copy(): Buffer {
    return Buffer.concat(this.#blocks, this.length);
  }

  /** All of it, which is then no longer kept here. */
  take(): Buffer {
    const [first, ...more] = this.#blocks;
    const whole = first && more.length === 0 ? first.subarray(0, this.length) : this.copy();
    this.#blocks = [];
    return whole;
  }
}
