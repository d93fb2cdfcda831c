// The thread in which the small English model computes, which the package does synchronously.
import { answerAsThread } from '../../kernel/work-thread.ts';
import { unitVector } from './embedder.ts';
import { JOINED_DIMENSION, joinedVector } from './joined.ts';
import { tellingPart } from './telling-part.ts';

export interface JoinedRequest {
  /** The packages, as modules are imported. */
  sources: { embeddings: string; model: string };
  texts: readonly string[];
}
/** The numbers of all vectors, one after the other. */
export type JoinedAnswer = Float64Array<ArrayBuffer>;

/** Of a longer text so many characters are given to the model: it takes some 0.1 ms for each. */
const MAX_CHARACTERS = 600;
/** Where more of a text's letters are unknown to the model, it takes all such texts for the same. */
const MAX_UNKNOWN = 0.2;

/** What is used of the packages; their own types are only there when they are. */
interface EmbeddingsPackage {
  initModel(source: unknown): Promise<EnglishModel>;
}
interface EnglishModel {
  embed(texts: string[]): Promise<number[][]>;
  tokenizer: { vocabulary: readonly (readonly [piece: string, score: number])[] };
}

interface Opened {
  model: EnglishModel;
  /** The letters that are in its vocabulary. */
  letters: ReadonlySet<string>;
}
let opened: Promise<Opened> | undefined;

async function open({ embeddings, model }: JoinedRequest['sources']): Promise<Opened> {
  const [{ initModel }, { modelSource }]: [EmbeddingsPackage, { modelSource: unknown }] = await Promise.all([
    import(embeddings),
    import(model),
  ]);
  const english = await initModel(modelSource);
  return { model: english, letters: new Set(english.tokenizer.vocabulary.flatMap(([piece]) => lettersOf(piece))) };
}

const lettersOf = (text: string): string[] => text.normalize('NFKC').match(/\p{L}/gu) ?? [];

/** Whether the model can tell a text from others: it has letters, and most of them are in its vocabulary. */
function isReadable(text: string, known: ReadonlySet<string>): boolean {
  const letters = lettersOf(text);
  const unknown = letters.filter((letter) => !known.has(letter));
  return letters.length > 0 && unknown.length <= MAX_UNKNOWN * letters.length;
}

answerAsThread<JoinedRequest, JoinedAnswer>(
  async ({ sources, texts }) => {
    opened ??= open(sources);
    const { model, letters } = await opened.catch((error) => {
      // What failed once may be there the next time.
      opened = undefined;
      throw error;
    });
    const parts = texts.map((text) => tellingPart(text, MAX_CHARACTERS));
    const readable = parts.filter((part) => isReadable(part, letters));
    const made = readable.length > 0 ? await model.embed(readable) : [];
    const meanings = new Map(readable.map((part, at) => [part, unitVector(made[at] as number[])]));
    const numbers = new Float64Array(texts.length * JOINED_DIMENSION);
    for (const [at, text] of texts.entries()) {
      numbers.set(joinedVector(text, meanings.get(parts[at] as string) ?? null), at * JOINED_DIMENSION);
    }
    return numbers;
  },
  ({ buffer }) => [buffer],
);
