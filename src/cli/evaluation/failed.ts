/** A question was refused, or a measure is below its bound; `message` is a sentence that says which. */
export class EvaluationFailed extends Error {
  override name = 'EvaluationFailed';
}
