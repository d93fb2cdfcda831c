// The thread in which a model computes: the package runs it synchronously, whatever its promises say.
import { answerAsThread } from '../../kernel/work-thread.ts';

export interface ModelRequest {
  /** The package, as a module is imported. */
  source: string;
  model: string;
  /** `load`: the package; `open`: the model, too; `embed`: the vectors of texts. */
  until: 'load' | 'open' | 'embed';
  texts: string[];
}
/** As the model gives them, one after the other, so many numbers each. */
export interface ModelAnswer {
  dimension: number;
  numbers: Float64Array<ArrayBuffer>;
}

/** What is used of the package; its own types are only there when it is. */
interface TransformersPackage {
  pipeline(task: 'feature-extraction', model: string): Promise<FeatureExtraction>;
}
type FeatureExtraction = (
  texts: string[],
  options: { pooling: 'mean'; normalize: boolean },
) => Promise<{ dims: readonly number[]; data: ArrayLike<number> }>;

let opened: Promise<FeatureExtraction> | undefined;

answerAsThread<ModelRequest, ModelAnswer>(
  async ({ source, model, until, texts }) => {
    const library: TransformersPackage = await import(source);
    if (until === 'load') return { dimension: 0, numbers: new Float64Array(0) };
    // After the thread had to start again, the model is opened again.
    opened ??= library.pipeline('feature-extraction', model);
    const extract = await opened;
    if (until === 'open') return { dimension: 0, numbers: new Float64Array(0) };
    const { dims, data } = await extract(texts, { pooling: 'mean', normalize: true });
    return { dimension: dims.at(-1) ?? 0, numbers: Float64Array.from(data) };
  },
  ({ numbers }) => [numbers.buffer],
);
