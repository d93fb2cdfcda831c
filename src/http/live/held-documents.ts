import { type DocumentNode, Kind, visit } from 'graphql';
import { refusalFor, refusedUntil } from '../plugins/refusal.ts';
import { Refused } from '../requests/refused.ts';

/** What the variables of a subscription may have, as JSON: they are held for as long as it lasts. */
const MOST_VARIABLES = 16_384;
/** The most characters of all documents that are held: each takes a few hundred bytes a character at worst. */
const MOST_CHARACTERS = 1_000_000;
/** The most of those that one workspace holds. */
const MOST_OF_WORKSPACE = MOST_CHARACTERS / 2;
const RETRY_S = 30;

/** What is held of one text. */
interface OfText {
  document: DocumentNode;
  number: number;
  /** How many subscriptions hold it. */
  count: number;
  /** The variables that say nothing but where to begin. */
  places: ReadonlySet<string>;
}

interface Held {
  /** The document as it was parsed, which is that of everybody who sent the same text. */
  document: DocumentNode;
  /** Names the document and the variables, but for those that say where to begin. */
  name: string;
  /** To be called once, when it is needed no more. */
  release: () => void;
}

/** The documents of subscriptions that are open: those of one text are held once. */
export class HeldDocuments {
  readonly #byText = new Map<string, OfText>();
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
    // Who continues after an earlier place gets the same, once it has come as far as others.
    const shared = Object.entries(variables).filter(([name]) => !held.places.has(name));
    return { document: held.document, name: `${held.number} ${JSON.stringify(shared)}`, release };
  }

  #add(text: string, document: DocumentNode): OfText {
    if (this.#characters + text.length > MOST_CHARACTERS) throw tooMany('');
    const held = { document, number: this.#number++, count: 0, places: placesIn(document) };
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

/** The variables that stand in the document once, as argument `after` of a field of Subscription. */
function placesIn(document: DocumentNode): ReadonlySet<string> {
  const places = new Set<string>();
  for (const definition of document.definitions) {
    if (definition.kind !== Kind.OPERATION_DEFINITION) continue;
    for (const field of definition.selectionSet.selections) {
      if (field.kind !== Kind.FIELD) continue;
      const value = field.arguments?.find(({ name }) => name.value === 'after')?.value;
      if (value?.kind === Kind.VARIABLE) places.add(value.name.value);
    }
  }
  if (places.size === 0) return places;
  const uses = new Map<string, number>();
  visit(document, {
    VariableDefinition: () => false,
    Variable({ name: { value } }) {
      uses.set(value, (uses.get(value) ?? 0) + 1);
    },
  });
  return new Set([...places].filter((name) => uses.get(name) === 1));
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
