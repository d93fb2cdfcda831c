import type { DocumentNode } from 'graphql';
import { refusalFor, refusedUntil } from '../plugins/refusal.ts';
import { Refused } from '../requests/refused.ts';

/** What the variables of a subscription may have, as JSON: they are held for as long as it lasts. */
const MOST_VARIABLES = 16_384;
/** The most characters of all documents that are held: each takes a few hundred bytes a character at worst. */
const MOST_CHARACTERS = 1_000_000;
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
  #characters = 0;
  #number = 0;

  /** Throws the refusal of variables that are too large, or of too many documents. */
  hold(text: string, document: DocumentNode, variables: Readonly<Record<string, unknown>>): Held {
    const values = JSON.stringify(variables);
    if (values.length > MOST_VARIABLES) {
      const message = `The variables of a subscription may have ${MOST_VARIABLES} characters as JSON, and these have ${values.length}.`;
      throw refusalFor(new Refused(400, 'LIMIT_EXCEEDED', message, { extensions: { limit: MOST_VARIABLES } }));
    }
    const held = this.#byText.get(text) ?? this.#add(text, document);
    held.count++;
    let isHeld = true;
    const release = () => {
      if (!isHeld) return;
      isHeld = false;
      if (--held.count > 0) return;
      this.#byText.delete(text);
      this.#characters -= text.length;
    };
    return { document: held.document, name: `${held.number} ${values}`, release };
  }

  #add(text: string, document: DocumentNode) {
    if (this.#characters + text.length > MOST_CHARACTERS) {
      const message =
        'The subscriptions that are open have too many different documents: send one that others send, too.';
      throw refusedUntil(503, 'UNAVAILABLE', message, RETRY_S);
    }
    const held = { document, number: this.#number++, count: 0 };
    this.#byText.set(text, held);
    this.#characters += text.length;
    return held;
  }
}
