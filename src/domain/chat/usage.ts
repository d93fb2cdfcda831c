/** How a request to a chat model ended; `unavailable` and `refused` as ChatFailed has them. */
export const chatOutcomes = ['success', 'unavailable', 'refused'] as const;
export type ChatOutcome = (typeof chatOutcomes)[number];

/** What this process has asked of chat models since it began: what they may charge for. */
export class ChatUsage {
  /** Requests by how they ended; one that was tried again counts each time. */
  readonly requests: Record<ChatOutcome, number> = { success: 0, unavailable: 0, refused: 0 };
  /** Tokens as the server counted them, or else estimated. */
  readonly tokens = { prompt: 0, completion: 0 };
}
