import type { Database } from '../../db/database.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { feedPositions } from './feed.ts';
import type { Follower } from './follower.ts';
import type { Interest } from './interest.ts';
import { WorkspaceFeed } from './workspace-feed.ts';

/** How often counters are looked at: where other processes send notifications, in case one was lost; and where they cannot. */
const LOOK_MS = { notified: 5_000, alone: 1_000 };
/** While the database is away it is logged this often. */
const LOG_EVERY_MS = 5_000;
/** The most workspaces that are asked about in one statement. */
const MOST_ASKED = 5_000;

/** Somebody follows a feed: what it has to read, and the end of that. */
export interface Following {
  follower: Follower;
  leave(): void;
}

/**
 * Follows the feeds of workspaces for a process: it is woken by commits, here and elsewhere, looks at what is new once
 * for all who follow, and wakes those who may want it. While nobody follows it does nothing.
 */
export class FeedWatch {
  readonly #database: Database;
  readonly #log: (text: string) => void;
  readonly #feeds = new Map<string, WorkspaceFeed>();
  #stopListening: (() => void) | undefined;
  #polling: NodeJS.Timeout | undefined;
  #asking: Promise<void> | undefined;
  #quietUntil = 0;
  #isClosed = false;

  constructor(database: Database, log: (text: string) => void) {
    this.#database = database;
    this.#log = log;
  }

  /**
   * Follows a workspace's feed from now on, or from behind a position. Throws InvalidInput for one that the feed has not
   * come to, Unauthenticated where the workspace is gone, and Unavailable.
   */
  async follow(
    workspaceId: string,
    interest: Interest,
    after: number | undefined,
    on: { wake: () => void; fail: (error: Error) => void },
  ): Promise<Following> {
    this.#begin();
    const feed = this.#feeds.get(workspaceId) ?? new WorkspaceFeed(this.#database, workspaceId, this.#failed);
    this.#feeds.set(workspaceId, feed);
    try {
      const follower = await feed.follow(interest, after, on);
      return {
        follower,
        leave: () => {
          feed.leave(follower);
          this.#tidy(feed);
        },
      };
    } catch (error) {
      this.#tidy(feed);
      throw error;
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#pause();
    const feeds = [...this.#feeds.values()];
    this.#feeds.clear();
    await Promise.all([this.#asking, ...feeds.map((feed) => feed.close())]);
  }

  #begin(): void {
    if (this.#stopListening || this.#isClosed) return;
    this.#stopListening = this.#database.wakeUps.listen({
      woken: (workspaceId) => this.#feeds.get(workspaceId)?.look(),
      missed: () => {
        for (const feed of this.#feeds.values()) feed.look();
      },
    });
    this.#pollLater();
  }

  #pause(): void {
    this.#stopListening?.();
    this.#stopListening = undefined;
    clearTimeout(this.#polling);
  }

  #tidy(feed: WorkspaceFeed): void {
    if (feed.followers > 0 || feed.isFollowing || this.#feeds.get(feed.workspaceId) !== feed) return;
    this.#feeds.delete(feed.workspaceId);
    void feed.close();
    if (this.#feeds.size === 0) this.#pause();
  }

  #pollLater(): void {
    clearTimeout(this.#polling);
    if (this.#isClosed) return;
    const waitMs = this.#database.wakeUps.receivesOthers ? LOOK_MS.notified : LOOK_MS.alone;
    this.#polling = setTimeout(() => {
      this.#asking = this.#poll().finally(() => {
        this.#asking = undefined;
        if (this.#stopListening) this.#pollLater();
      });
    }, waitMs).unref();
  }

  async #poll(): Promise<void> {
    const ids = [...this.#feeds.keys()];
    try {
      for (let at = 0; at < ids.length; at += MOST_ASKED) {
        const positions = await feedPositions(this.#database, ids.slice(at, at + MOST_ASKED));
        for (const [workspaceId, position] of positions) {
          const feed = this.#feeds.get(workspaceId);
          if (feed && position > feed.head) feed.look();
        }
      }
    } catch (error) {
      this.#failed(error);
    }
  }

  /** What could not be read now is found when the counters are looked at again. */
  readonly #failed = (error: unknown): void => {
    if (performance.now() < this.#quietUntil) return;
    this.#quietUntil = performance.now() + LOG_EVERY_MS;
    this.#log(`What is new for subscriptions could not be read, and is tried again: ${describeError(error)}`);
  };
}
