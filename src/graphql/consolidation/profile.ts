import {
  MOST_OF_TOPIC,
  MOST_SLOTS,
  MOST_TOPICS,
  profileSlots,
  profileTopics,
  quotedBy,
  type ProfileTopic as Topic,
} from '../../domain/summary/parts.ts';
import {
  countProfiles,
  findProfile,
  PROFILE_ORDER,
  type ProfileRow,
  profilePage,
  profilesById,
} from '../../domain/summary/profiles.ts';
import { profileDrifts, profileStates } from '../../domain/summary/state.ts';
import { NotFound } from '../../kernel/errors.ts';
import { encodeId } from '../../kernel/ids.ts';
import { parseInput } from '../../kernel/input.ts';
import { suspectLineages } from '../../model/belief/suspect.ts';
import { Companion, CompanionRefInput, toCompanion } from '../companion/type.ts';
import { builder } from '../core/builder.ts';
import { connectionType } from '../core/connection-type.ts';
import type { Context } from '../core/context.ts';
import { defineArgs, id, optional, required } from '../core/input.ts';
import { defineList, ofWorkspace } from '../core/list.ts';
import { Node, type NodeValue, nodeRef } from '../core/node.ts';
import { addField } from '../core/pothos.ts';
import { memoryColumnsAt } from '../core/selection.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { costs } from '../cost/declare.ts';
import { Entity, loadEntity } from '../entity/type.ts';
import { loadMemory, type MemoryNode } from '../memory/load.ts';
import { Memory } from '../memory/type.ts';
import { toUser, User, UserRefInput } from '../user/type.ts';

/** A profile as it was read, and the graph it was read from. */
export interface ProfileNode extends ProfileRow, NodeValue {}

const toProfile = (at: Snapshot, row: ProfileRow): ProfileNode => ({ ...row, at });

async function loadProfile(at: Snapshot, uuid: string): Promise<ProfileNode | undefined> {
  const row = await at.load('profile', uuid, (ids) => profilesById(at.tx, at.reading, ids));
  return row && toProfile(at, row);
}

/** A profile that a run has made, as it is now. Throws NotFound where it has been forgotten meanwhile. */
export async function readProfile(context: Context, uuid: string): Promise<ProfileNode> {
  const profile = await loadProfile(context.at(), uuid);
  if (!profile) throw new NotFound('profile', [encodeId('Profile', uuid)]);
  return profile;
}

type Columns = Parameters<typeof loadMemory>[2];

/** Memories by their keys, in their order; those that the point knows nothing of are left out. */
async function memoriesOf(at: Snapshot, ids: readonly string[], columns: Columns): Promise<MemoryNode[]> {
  const found = await Promise.all(ids.map((id) => loadMemory(at, id, columns)));
  return found.filter((memory) => memory !== undefined);
}

async function summaryOf(at: Snapshot, id: string, columns: Columns): Promise<MemoryNode> {
  const memory = await loadMemory(at, id, columns);
  if (!memory) throw new Error(`a summary without its version ${id}`);
  return memory;
}

interface TopicValue extends Topic {
  at: Snapshot;
}

const ProfileTopic = builder.objectRef<TopicValue>('ProfileTopic').implement({
  description: 'What several memories are about.',
  fields: (t) => ({
    title: t.exposeString('title', { description: 'What its summary says first: at most 81 characters.' }),
    memories: t.field({
      type: [Memory],
      extensions: costs({ items: MOST_OF_TOPIC }),
      description: `The memories that its summary quotes and that hold, the most central first: at most ${MOST_OF_TOPIC}.`,
      resolve: async ({ at, lineageId }, _args, _context, info) => {
        const columns = memoryColumnsAt(info);
        const ids = await at.load('quoted', lineageId, (keys) => quotedBy(at.tx, at.reading, keys));
        return memoriesOf(at, ids ?? [], columns);
      },
    }),
    weight: t.exposeFloat('weight', {
      description: 'How many of the memories it has, as it was when it was made: 0–1.',
    }),
    size: t.exposeInt('size', { description: 'How many memories it has.' }),
    summary: t.field({
      type: Memory,
      description: 'A REFLECTION that says what they say: it REFERENCES those that it quotes.',
      resolve: ({ at, summaryId }, _args, _context, info) => summaryOf(at, summaryId, memoryColumnsAt(info)),
    }),
  }),
});

const stateOf = async ({ at, id }: ProfileNode) => {
  const state = await at.load('profile state', id, (ids) => profileStates(at.tx, ids));
  return state ?? { coverage: 0, isOutdated: true };
};

async function slotsOf({ at, id }: ProfileNode, columns: Columns): Promise<MemoryNode[]> {
  const ids = await at.load('profile slots', id, (keys) => profileSlots(at.tx, at.reading, keys));
  return memoriesOf(at, ids ?? [], columns);
}

const Profile = nodeRef<ProfileNode>(
  'Profile',
  builder.objectRef<ProfileNode>('Profile').implement({
    description:
      'What is known of a user, an entity or a companion, kept short. It is made by `consolidate` from memories about one ' +
      'user, or from those about none, and is there as long as its summary holds.',
    interfaces: [Node],
    fields: (t) => ({
      companion: t.field({
        type: Companion,
        description: 'The companion that knows it.',
        resolve: ({ at, companionId }) => toCompanion(at, companionId),
      }),
      user: t.field({
        type: User,
        nullable: true,
        description: 'The user whose memories it is of. Null: it is of those about no particular user.',
        resolve: ({ at, userId }) => (userId ? toUser(at, userId) : null),
      }),
      entity: t.field({
        type: Entity,
        nullable: true,
        description: 'The entity that these memories mention. Null: it is of all of them.',
        resolve: async ({ at, entityId }) => (entityId && (await loadEntity(at, entityId))) || null,
      }),
      summary: t.field({
        type: Memory,
        description:
          'A REFLECTION that REFERENCES what it was made of, so that it is `suspect` once any of that is disputed or was ' +
          'never true. Each line ends with the day and the id of the memory that it quotes.',
        resolve: ({ at, summaryId }, _args, _context, info) => summaryOf(at, summaryId, memoryColumnsAt(info)),
      }),
      slots: t.field({
        type: [Memory],
        extensions: costs({ items: MOST_SLOTS }),
        description: `What answers slots now, by their names: at most ${MOST_SLOTS}. Of an entity, what mentions it.`,
        resolve: (profile, _args, _context, info) => slotsOf(profile, memoryColumnsAt(info)),
      }),
      topics: t.field({
        type: [ProfileTopic],
        extensions: costs({ items: MOST_TOPICS }),
        description: `What its memories are about, the largest topics first: at most ${MOST_TOPICS}.`,
        resolve: async ({ at, id }) => {
          const topics = await at.load('profile topics', id, (keys) => profileTopics(at.tx, at.reading, keys));
          return (topics ?? []).map((topic) => ({ ...topic, at }));
        },
      }),
      drift: t.field({
        type: 'Float',
        description:
          'How far the centre of the memories has moved since it was made: 1 − the cosine of both, 0–1. The first 100 memories ' +
          'that came later are looked at. 0 where no vectors are known.',
        resolve: async ({ at, id }) => (await at.load('profile drift', id, (ids) => profileDrifts(at.tx, ids))) ?? 0,
      }),
      coverage: t.field({
        type: 'Float',
        description:
          'How many of the memories are in a topic, or are quoted: 0–1. Of those that came later the first 100 are counted.',
        resolve: async (profile) => (await stateOf(profile)).coverage,
      }),
      isStale: t.field({
        type: 'Boolean',
        description:
          'Whether it is to be made again: something that it quotes does not hold any more or is in doubt, or a fifth of the ' +
          'memories came later.',
        resolve: async (profile) => {
          const { at, summaryLineageId } = profile;
          const [{ isOutdated }, isSuspect] = await Promise.all([
            stateOf(profile),
            at.load('suspect', summaryLineageId, (keys) => suspectLineages(at.tx, at.reading, keys)),
          ]);
          return isOutdated || (isSuspect ?? false);
        },
      }),
      refreshedAt: t.expose('refreshedAt', {
        type: 'DateTime',
        description: 'When it was last made, or what it is made of was last noted.',
      }),
    }),
  }),
  { id: 'Its id, `prf_…`.', load: loadProfile },
);

export { Profile };

const profileArgs = defineArgs({
  companion: required(CompanionRefInput, 'The companion that knows it.'),
  user: optional(UserRefInput, 'The user whose memories it is of. Default: memories about no particular user.'),
  entity: optional(id('Entity'), 'The entity that they mention, `ent_…`. Default: all of them.'),
});

addField('Query', 'profile', {
  type: Profile,
  nullable: true,
  description:
    'What is known of a user, of an entity or of a companion. Null: nothing has been made of it yet, see `consolidate`.',
  args: profileArgs.args,
  resolve: async (_root: unknown, given: object, context: Context) => {
    const { companion, user, entity } = parseInput(profileArgs.check, given, []);
    const at = context.at();
    const found = await findProfile(at.tx, { companion, user, entity: entity?.uuid });
    return (found && (await loadProfile(at, found))) || null;
  },
});

defineList('Query', 'profiles', {
  type: connectionType('Profile', Profile, { of: 'profiles' }),
  description: 'What a companion knows of its users, of entities and of itself: the first made first.',
  args: { companion: required(CompanionRefInput, 'The companion. An unknown companion has none.') },
  order: PROFILE_ORDER,
  pages: ({ tx, reading, given, window }) => ofWorkspace(profilePage(tx, reading, given.companion, window)),
  counts: ({ tx, reading, given, window }) => ofWorkspace(countProfiles(tx, reading, given.companion, window.asOf)),
  toNode: toProfile,
});
