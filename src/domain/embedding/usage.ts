/** How a request to a provider ended; `unavailable` and `refused` as EmbeddingFailed has them. */
export const requestOutcomes = ['success', 'unavailable', 'refused'] as const;
export type RequestOutcome = (typeof requestOutcomes)[number];

/** What this process has asked of providers over the network since it began: what they may charge for. */
export class Usage {
  /** Requests by how they ended; one that was tried again counts each time. */
  readonly requests: Record<RequestOutcome, number> = { success: 0, unavailable: 0, refused: 0 };
  /** Texts that vectors came back for. */
  texts = 0;
  /** Their tokens: as the provider counted them, or else estimated. */
  tokens = 0;

  /** Takes note of a request that brought vectors of so many texts. */
  add(texts: number, tokens: number): void {
    this.requests.success++;
    this.texts += texts;
    this.tokens += tokens;
  }
}
