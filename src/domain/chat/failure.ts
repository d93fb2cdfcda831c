/**
 * Why there is no answer.
 * `unavailable`: the server is at fault; the same question may do later.
 * `paused`: nothing was sent, since the server has failed just before.
 * `refused`: this question will hardly ever do: the model refuses it, or answers with something else than was asked for.
 * `budget`: nothing was sent, since the workspace has used up its tokens of the day.
 * `cancelled`: the caller gave up.
 */
export type ChatFailureKind = 'unavailable' | 'paused' | 'refused' | 'budget' | 'cancelled';

/** No answer. `message` is for operators and holds neither contents nor keys, for which reason there is no `cause` either. */
export class ChatFailed extends Error {
  override name = 'ChatFailed';
  readonly kind: ChatFailureKind;
  /** How long to wait before the next try, in milliseconds, where that is known. */
  readonly retryAfterMs: number | undefined;
  /** Tokens that may be charged all the same. */
  readonly tokens: number;

  constructor(
    kind: ChatFailureKind,
    message: string,
    { retryAfterMs, tokens = 0 }: { retryAfterMs?: number | undefined; tokens?: number } = {},
  ) {
    super(message);
    this.kind = kind;
    this.retryAfterMs = retryAfterMs;
    this.tokens = tokens;
  }
}
