import { Counter, Gauge, type Registry } from 'prom-client';
import type { ChatUsage } from '../../domain/chat/usage.ts';

/** What a chat model has been asked, and whether it is left in peace now, since it fails. */
export interface ChatStats extends Pick<ChatUsage, 'requests' | 'tokens'> {
  isPaused: boolean;
}

/** Shows what a chat model is asked over the network, which may cost money; it is read at each scrape. */
export function showChat(registry: Registry, chat: () => ChatStats): void {
  const registers = [registry];
  new Counter({
    name: 'palimpsest_chat_requests_total',
    help: 'Requests to the chat model, by how they ended. What is tried again counts each time.',
    labelNames: ['outcome'],
    registers,
    collect() {
      this.reset();
      for (const [outcome, count] of Object.entries(chat().requests)) this.inc({ outcome }, count);
    },
  });
  new Counter({
    name: 'palimpsest_chat_tokens_total',
    help: 'Tokens of the chat model: of questions (prompt) and answers (completion), as its server counted them, or else estimated.',
    labelNames: ['kind'],
    registers,
    collect() {
      this.reset();
      for (const [kind, count] of Object.entries(chat().tokens)) this.inc({ kind }, count);
    },
  });
  new Gauge({
    name: 'palimpsest_chat_paused',
    help: '1 while the chat model is asked nothing, since its server fails; else 0.',
    aggregator: 'max',
    registers,
    collect() {
      this.set(chat().isPaused ? 1 : 0);
    },
  });
}
