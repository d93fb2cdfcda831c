import type { Database } from '../../db/database.ts';
import { readOnce } from '../../db/read-transaction.ts';
import type { Transaction } from '../../db/transaction.ts';
import { InvalidInput, Unauthenticated } from '../../kernel/errors.ts';
import { Turns } from '../../kernel/turns.ts';
import { type Directory, feedPosition, lookUp, readTail, type TailRow } from './feed.ts';
import { Follower } from './follower.ts';
import { type Interest, namesIn } from './interest.ts';

/** Commits so close to each other are looked at together. */
const TOGETHER_MS = 20;
/** How many events are looked at in one go. */
const TAIL_ROWS = 1_000;
/** How many companions and users are remembered as known. */
const MOST_KNOWN = 10_000;

const nobody: Directory = { companions: new Map(), users: new Map() };

/** The feed of a workspace: each event is looked at once here, whoever follows, to find out whom to wake. */
export class WorkspaceFeed {
  readonly #database: Database;
  readonly workspaceId: string;
  readonly #failed: (error: unknown) => void;
  readonly #followers = new Set<Follower>();
  #directory: Directory = nobody;
  /** The companions and users that events have been seen of: another one may be who a name stands for. */
  readonly #known = new Set<string>();
  #head: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #reading: Promise<void> | undefined;
  #isStale = false;
  #following = 0;
  /** Names are to be looked up when there is something new, whoever it is of. */
  #mustLookUp = false;

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
    this.#following++;
    const { position, found } = await this.#read(async (tx) => ({
      position: await feedPosition(tx),
      found: await lookUp(tx, namesIn(interest)),
    })).finally(() => this.#following--);
    if (after !== undefined && after > position) {
      const message = 'This cursor is of another workspace, or of a time that the database was set back from.';
      throw new InvalidInput([{ path: ['after'], message }]);
    }
    this.#learn(found);
    this.#head ??= position;
    // What has been committed meanwhile is not behind the follower's position, and is looked at next.
    const at = { position: after ?? position, head: Math.max(this.#head, position), directory: this.#directory };
    const follower = new Follower(interest, at, on);
    this.#followers.add(follower);
    if (position > this.#head) this.look();
    return follower;
  }

  leave(follower: Follower): void {
    this.#followers.delete(follower);
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
    const names = namesOf(followers);
    const { rows, head, news, directory } = await this.#read(async (tx) => {
      const position = await feedPosition(tx);
      const rows = position > from ? await readTail(tx, from, TAIL_ROWS) : [];
      const last = rows.at(-1);
      const news = this.#unknownIn(rows);
      return {
        rows,
        head: last && rows.length === TAIL_ROWS ? last.position : position,
        news,
        directory: news.length > 0 || this.#mustLookUp ? await lookUp(tx, names) : undefined,
      };
    });
    if (this.#known.size > MOST_KNOWN) this.#known.clear();
    for (const id of news) this.#known.add(id);
    this.#mustLookUp = false;
    if (directory) this.#learnAll(directory, followers);
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

  #read<T>(read: (tx: Transaction) => Promise<T>): Promise<T> {
    const tenant = { database: this.#database, workspaceId: this.workspaceId, actor: 'system:live' };
    return readOnce(tenant, read);
  }

  /** The companions and users that no event was of before. */
  #unknownIn(rows: readonly TailRow[]): string[] {
    const ids = rows.flatMap((row) => [row.companionId, row.userId, row.otherCompanionId, row.otherUserId]);
    return [...new Set(ids)].filter((id) => id !== null && !this.#known.has(id)) as string[];
  }

  /** Takes over what the names of one more follower lead to. */
  #learn({ companions, users }: Directory): void {
    this.#directory = {
      companions: new Map([...this.#directory.companions, ...companions]),
      users: new Map([...this.#directory.users, ...users]),
    };
  }

  /**
   * Takes over what the names of followers lead to. Who came while they were looked up has looked up its own a moment
   * ago, and goes by what it reads itself this time.
   */
  #learnAll(directory: Directory, followers: readonly Follower[]): void {
    const before = new Set(followers);
    const late = [...this.#followers].filter((follower) => !before.has(follower));
    this.#directory = directory;
    for (const follower of followers) follower.know(directory);
    for (const follower of late) {
      this.#learn(follower.directory);
      this.#mustLookUp = true;
    }
  }
}

/** The names that followers are interested in, each once. */
function namesOf(followers: readonly Follower[]): { companions: string[]; users: string[] } {
  const companions = new Set<string>();
  const users = new Set<string>();
  for (const { interest } of followers) {
    const names = namesIn(interest);
    for (const name of names.companions) companions.add(name);
    for (const name of names.users) users.add(name);
  }
  return { companions: [...companions], users: [...users] };
}
