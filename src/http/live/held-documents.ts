import type { DocumentNode } from 'graphql';
import { refusalFor, refusedUntil } from '../plugins/refusal.ts';
import { Refused } from '../requests/refused.ts';

/** What the variables of a subscription may have, as JSON: they are held for as long as it lasts. */
const MOST_VARIABLES = 16_384;
/** The most characters of all documents that are held: each takes a few hundred bytes a character at worst. */
const MOST_CHARACTERS = 1_000_000;
/** The most of those that one workspace holds. */
const MOST_OF_WORKSPACE = MOST_CHARACTERS / 2;
const RETRY_S = 30;

interface Held {
  /** The document as it was parsed, which is that of everybody who sent the same text. */
  document: DocumentNode;
  /** Names the document and the variables. */
  name: string;
  /** To be called once, when it is needed no more. */
  release: () => void;
}

/** The documents of subscriptions that are open: those of one text are held once. */
export class HeldDocuments {
  readonly #byText = new Map<string, { document: DocumentNode; number: number; count: number }>();
  /** How many subscriptions of each workspace hold a text. */
  readonly #byWorkspace = new Map<string, Map<string, number>>();
  #characters = 0;
  #number = 0;

  /** Throws the refusal of variables that are too large, or of too many documents. */
  hold(workspaceId: string, text: string, document: DocumentNode, variables: Readonly<Record<string, unknown>>): Held {
    const values = JSON.stringify(variables);
    if (values.length > MOST_VARIABLES) {
      const message = `The variables of a subscription may have ${MOST_VARIABLES} characters as JSON, and these have ${values.length}.`;
      throw refusalFor(new Refused(400, 'LIMIT_EXCEEDED', message, { extensions: { limit: MOST_VARIABLES } }));
    }
    const texts = this.#byWorkspace.get(workspaceId) ?? new Map<string, number>();
    if (!texts.has(text) && lengthOf(texts) + text.length > MOST_OF_WORKSPACE) throw tooMany('of this workspace ');
    const held = this.#byText.get(text) ?? this.#add(text, document);
    held.count++;
    this.#byWorkspace.set(workspaceId, texts.set(text, (texts.get(text) ?? 0) + 1));
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      this.#release(workspaceId, text);
      if (--held.count > 0) return;
      this.#byText.delete(text);
      this.#characters -= text.length;
    };
    return { document: held.document, name: `${held.number} ${values}`, release };
  }

  #add(text: string, document: DocumentNode) {
    if (this.#characters + text.length > MOST_CHARACTERS) throw tooMany('');
    const held = { document, number: this.#number++, count: 0 };
    this.#byText.set(text, held);
    this.#characters += text.length;
    return held;
  }

  #release(workspaceId: string, text: string): void {
    const texts = this.#byWorkspace.get(workspaceId);
    const left = (texts?.get(text) ?? 1) - 1;
    if (left > 0) texts?.set(text, left);
    else texts?.delete(text);
    if (texts?.size === 0) this.#byWorkspace.delete(workspaceId);
  }
}

const lengthOf = (texts: ReadonlyMap<string, number>): number =>
  texts.keys().reduce((sum, text) => sum + text.length, 0);

const tooMany = (whose: string) =>
  refusedUntil(
    503,
    'UNAVAILABLE',
    `The subscriptions ${whose}that are open have too many different documents: send one that others send, too.`,
    RETRY_S,
  );
