import type { Database } from '../../db/database.ts';
import { type ReadTransaction, readOnce } from '../../db/read-transaction.ts';
import { InvalidInput, Unauthenticated } from '../../kernel/errors.ts';
import { Turns } from '../../kernel/turns.ts';
import { type Directory, feedPosition, lookUp, namesOf, readTail, type TailRow } from './feed.ts';
import { Follower } from './follower.ts';
import { type Interest, namesIn } from './interest.ts';

/** Commits so close to each other are looked at together. */
const TOGETHER_MS = 20;
/** How many events are looked at in one go. */
const TAIL_ROWS = 1_000;
/** How many companions and users are remembered as known. */
const MOST_KNOWN = 10_000;

/** Is called with what a name leads to. */
type Learner = Pick<Follower, 'learn'>;

/** The feed of a workspace: each event is looked at once here, for all who follow, to find out whom to wake. */
export class WorkspaceFeed {
  readonly #database: Database;
  readonly workspaceId: string;
  readonly #failed: (error: unknown) => void;
  readonly #followers = new Set<Follower>();
  /** Who waits for what names lead to. */
  readonly #byName = { companions: new Map<string, Set<Learner>>(), users: new Map<string, Set<Learner>>() };
  /** The companions and users that events have been seen of: another one may be who a name stands for. */
  readonly #known = new Set<string>();
  #head: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #isStale = false;
  #following = 0;

  constructor(database: Database, workspaceId: string, failed: (error: unknown) => void) {
    this.#database = database;
    this.workspaceId = workspaceId;
    this.#failed = failed;
  }

  get followers(): number {
    return this.#followers.size;
  }

  /** Somebody is about to follow it. */
  get isFollowing(): boolean {
    return this.#following > 0;
  }

  /** How far it has been looked at. */
  get head(): number {
    return this.#head ?? 0;
  }

  /**
   * Follows it from now on, or from behind a position. Throws InvalidInput for a position that the feed has not come to.
   */
  async follow(
    interest: Interest,
    after: number | undefined,
    on: { wake: () => void; fail: (error: Error) => void },
  ): Promise<Follower> {
    // Who is learned while it is read counts as known from then on, and may be who one of the names stands for.
    const meanwhile = { companions: new Map<string, string>(), users: new Map<string, string>() };
    const early: Learner = { learn: (what, name, id) => void meanwhile[what].set(name, id) };
    this.#expect(early, interest);
    this.#following++;
    const { position, found } = await this.#read(async (tx) => ({
      position: await feedPosition(tx),
      found: await lookUp(tx, namesIn(interest)),
    })).catch((error) => {
      this.#following--;
      this.#expectNoMore(early, interest);
      throw error;
    });
    this.#following--;
    this.#expectNoMore(early, interest);
    const directory = {
      companions: new Map([...found.companions, ...meanwhile.companions]),
      users: new Map([...found.users, ...meanwhile.users]),
    };
    if (after !== undefined && after > position) {
      const message = 'This cursor is of another workspace, or of a time that the database was set back from.';
      throw new InvalidInput([{ path: ['after'], message }]);
    }
    this.#head ??= position;
    // What has been committed meanwhile is not behind the follower's position, and is looked at next.
    const at = { position: after ?? position, head: Math.max(this.#head, position), directory };
    const follower = new Follower(interest, at, on);
    this.#followers.add(follower);
    this.#expect(follower, interest);
    if (position > this.#head) this.look();
    return follower;
  }

  leave(follower: Follower): void {
    if (this.#followers.delete(follower)) this.#expectNoMore(follower, follower.interest);
  }

  #expect(learner: Learner, interest: Interest): void {
    for (const what of ['companions', 'users'] as const) {
      for (const name of namesIn(interest)[what]) {
        const learners = this.#byName[what].get(name) ?? new Set();
        this.#byName[what].set(name, learners.add(learner));
      }
    }
  }

  #expectNoMore(learner: Learner, interest: Interest): void {
    for (const what of ['companions', 'users'] as const) {
      for (const name of namesIn(interest)[what]) {
        const learners = this.#byName[what].get(name);
        learners?.delete(learner);
        if (learners?.size === 0) this.#byName[what].delete(name);
      }
    }
  }

  /** Looks at what is new, soon. */
  look(): void {
    this.#isStale = true;
    if (this.#reading || this.#timer) return;
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#reading = this.#lookNow().finally(() => {
        this.#reading = undefined;
        if (this.#isStale && this.#followers.size > 0) this.look();
      });
    }, TOGETHER_MS).unref();
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer);
    this.#followers.clear();
    await this.#reading;
  }

  async #lookNow(): Promise<void> {
    this.#isStale = false;
    try {
      for (let more = true; more && this.#followers.size > 0; ) more = await this.#lookOnce();
    } catch (error) {
      if (error instanceof Unauthenticated) for (const follower of [...this.#followers]) follower.fail(error);
      else this.#failed(error);
    }
  }

  /** Looks at the next events; true: there are more. */
  async #lookOnce(): Promise<boolean> {
    const from = this.head;
    const followers = [...this.#followers];
    const { rows, position } = await this.#read((tx) => readTail(tx.alone(), from, TAIL_ROWS));
    const last = rows.at(-1);
    const head = last && rows.length === TAIL_ROWS ? last.position : position;
    const unknown = this.#unknownIn(rows);
    const found = unknown.length > 0 ? await this.#read((tx) => namesOf(tx, unknown)) : undefined;
    if (found) this.#learn(unknown, found);
    this.#head = Math.max(from, head);
    const turns = new Turns();
    const looked = new Set(followers);
    for (const follower of this.#followers) if (!looked.has(follower)) follower.raise(this.#head);
    for (const follower of followers) {
      follower.look(rows, this.#head);
      await turns.next();
    }
    return rows.length === TAIL_ROWS;
  }

  #read<T>(read: (tx: ReadTransaction) => Promise<T>): Promise<T> {
    const tenant = { database: this.#database, workspaceId: this.workspaceId, actor: 'system:live' };
    return readOnce(tenant, read);
  }

  /** The companions and users that no event was of before. */
  #unknownIn(rows: readonly TailRow[]): string[] {
    const ids = rows.flatMap((row) => [row.companionId, row.userId, row.otherCompanionId, row.otherUserId]);
    return [...new Set(ids)].filter((id) => id !== null && !this.#known.has(id)) as string[];
  }

  /** Those who wait for the names of companions and users that were not known learn whose they are. */
  #learn(ids: readonly string[], found: Directory): void {
    if (this.#known.size > MOST_KNOWN) this.#known.clear();
    for (const id of ids) this.#known.add(id);
    for (const what of ['companions', 'users'] as const) {
      for (const [name, id] of found[what])
        for (const learner of this.#byName[what].get(name) ?? []) learner.learn(what, name, id);
    }
  }
}
