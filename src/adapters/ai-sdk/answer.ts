import type { Content, StreamPart } from './call.ts';

/** Puts together what a model answers while it is streamed. */
export class Answer {
  readonly #parts: Content[] = [];
  readonly #texts = new Map<string, { type: 'text'; text: string }>();
  #isBroken = false;
  #isFinished = false;

  add(part: StreamPart): void {
    if (part.type === 'text-start') {
      const text = { type: 'text' as const, text: '' };
      this.#texts.set(part.id, text);
      this.#parts.push(text);
    } else if (part.type === 'text-delta') {
      const text = this.#texts.get(part.id);
      if (text) text.text += part.delta;
    } else if (part.type === 'tool-call' || part.type === 'tool-result' || part.type === 'file') {
      this.#parts.push(part);
    } else if (part.type === 'error') {
      this.#isBroken = true;
    } else if (part.type === 'finish') {
      this.#isFinished = part.finishReason.unified !== 'error';
    }
  }

  /** What has been answered so far; a text that says nothing is nothing. */
  get content(): Content[] {
    return this.#parts.filter((part) => part.type !== 'text' || part.text !== '');
  }

  /** Whether that is all of it. */
  get isFinal(): boolean {
    return this.#isFinished && !this.#isBroken;
  }
}
