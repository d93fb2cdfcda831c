import { write } from '../../src/db/write.ts';
import { createKey } from '../../src/domain/credential/api-keys.ts';
import { parseId } from '../../src/kernel/ids.ts';
import { notice } from './findings/notice.ts';
import { proposeRows } from './proposals/propose.ts';
import type { TestService } from './service.ts';
import { noteProfiles, noteSummaries } from './summaries/rows.ts';
import { runAsSuperuser } from './tables.ts';
import type { Ids } from './walk.ts';

/** So long ago that the recency of what became true then is 0 at any time. */
const LONG_AGO = '0001-01-01T00:00:00Z';

/** Whose memories a workspace is filled with. */
export interface Whose {
  companion: string;
  user: string;
}
const WHOSE: Whose = { companion: 'iris', user: 'maya' };

/**
 * The same in every workspace, by keys, names and contents, but for the marker; `extra` memories make its counts
 * differ, too. INSTRUCTIONs, whose importance never fades, of long ago, so that answers repeat to the last digit.
 */
export async function fill(
  service: TestService,
  workspace: string,
  marker: string,
  extra: number,
  { companion, user }: Whose = WHOSE,
): Promise<Ids> {
  const whose = { companion: { key: companion }, user: { externalId: user } };
  const { createMemories: made } = await service.runUntyped(
    `mutation ($input: CreateMemoriesInput!, $marker: JSONObject!, $text: String!, $companion: CompanionRef!, $user: String!) {
      upsertCompanion(input: { companion: $companion, description: $text, config: $marker }) { __typename }
      upsertUser(input: { externalId: $user, metadata: $marker }) { __typename }
      createMemories(input: $input) {
        ... on CreateMemoriesPayload {
          memories { id companion { id } user { id } entities { nodes { id name } } }
          relations { id }
        }
      }
    }`,
    {
      marker: { marker },
      text: marker,
      companion: whose.companion,
      user,
      input: {
        idempotencyKey: companion === WHOSE.companion && user === WHOSE.user ? 'fill' : `fill ${companion} ${user}`,
        ...whose,
        // Findings are rows: see notice.
        detect: 'OFF',
        // The first is what a recall of `shared` finds first.
        memories: [
          'shared, shared one',
          'shared two',
          ...Array.from({ length: extra }, (_, i) => `shared ${marker} ${i}`),
        ].map((content, i) => ({
          ref: `${i}`,
          content,
          type: 'INSTRUCTION',
          validFrom: LONG_AGO,
          summary: marker,
          context: { marker },
          ...(i === 1 && { slot: 'shared' }),
          entities: [
            { name: 'Lisbon', type: 'place' },
            { name: `Place of ${marker}`, type: 'place' },
          ],
        })),
        relations: Array.from({ length: extra + 1 }, (_, i) => ({
          from: { ref: `${i + 1}` },
          to: { ref: '0' },
          type: 'FOLLOWS',
          metadata: { marker },
        })),
      },
    },
    { workspace },
  );
  const { viewer } = await service.runUntyped('{ viewer { workspace { id } } }', {}, { workspace });
  const [first] = made.memories;
  // So that every table has rows of it: something is changed, unrelated, mentioned no more, merged and embedded.
  const { createMemories: more } = await service.runUntyped(
    `mutation ($input: CreateMemoriesInput!) {
      createMemories(input: $input) {
        ... on CreateMemoriesPayload { memories { id entities { nodes { id } } } relations { id } }
      }
    }`,
    {
      input: {
        ...whose,
        detect: 'OFF',
        memories: ['shared past', 'shared end'].map((content, i) => ({
          ref: `${i}`,
          content,
          type: 'INSTRUCTION',
          validFrom: LONG_AGO,
          summary: marker,
          entities: [
            { name: `Old place of ${marker} ${i}`, type: 'place' },
            { name: `Other place of ${marker} ${i}`, type: 'place' },
          ],
        })),
        relations: [
          { from: { ref: '0' }, to: { ref: '1' }, type: 'CAUSES', metadata: { marker } },
          { from: { ref: '0' }, to: { ref: '1' }, type: 'FOLLOWS', metadata: { marker } },
        ],
      },
    },
    { workspace },
  );
  const [past, end] = more.memories;
  const [from, into] = past.entities.nodes;
  await service.runUntyped(
    `mutation ($id: ID!, $relation: ID!, $from: ID!, $into: ID!, $text: String!) {
      mergeEntities(input: { fromIds: [$from], intoId: $into }) { __typename }
      unrelateMemories(input: { relationId: $relation }) { __typename }
      updateMemory(input: { id: $id, entities: [{ name: $text, type: "thing" }] }) { __typename }
    }`,
    { id: past.id, relation: more.relations[0].id, from: from.id, into: into.id, text: `Thing of ${marker}` },
    { workspace },
  );
  const { createWebhook: hook } = await service.runUntyped(
    `mutation ($input: CreateWebhookInput!) {
      createWebhook(input: $input) { ... on CreateWebhookPayload { webhook { id } } }
    }`,
    { input: { url: `https://${encodeURIComponent(marker)}.test/`, companion: whose.companion } },
    { workspace },
  );
  const believed = await believe(service, workspace, marker, first.id, whose);
  await write(await service.tenant(workspace), (tx) =>
    createKey(tx, { name: marker, scopes: ['READ'], expiresAt: null }),
  );
  await runAsSuperuser(
    (await service.tenant()).database,
    `insert into memory_embeddings
         (workspace_id, companion_id, user_id, memory_id, model, dimension, content_hash, embedding)
       select workspace_id, companion_id, user_id, id, '${marker}', 3, '${marker}', '[1,2,3]' from memories
       where workspace_id = '${parseId(viewer.workspace.id)?.uuid}' on conflict do nothing;
     insert into pending_embeddings (workspace_id, memory_id, model, dimension, content_hash, due_at)
       select workspace_id, memory_id, model, dimension, content_hash, now() from memory_embeddings
       where workspace_id = '${parseId(viewer.workspace.id)?.uuid}' on conflict do nothing;
     insert into chat_usage (workspace_id, day, tokens) values ('${parseId(viewer.workspace.id)?.uuid}', 1, 1) on conflict do nothing;
     insert into consolidations (workspace_id, companion_id, ran_at, examined) select workspace_id, id, now(), 1 from companions
       where workspace_id = '${parseId(viewer.workspace.id)?.uuid}' on conflict do nothing`,
  );
  const { upsertConversation: talk } = await service.runUntyped(
    `mutation ($companion: CompanionRef!, $user: UserRef, $text: String!, $externalId: String!) {
      upsertConversation(input: { companion: $companion, user: $user, conversation: { externalId: $externalId }, title: $text }) {
        ... on UpsertConversationPayload { conversation { id } }
      }
    }`,
    { ...whose, text: marker, externalId: `talk ${marker}` },
    { workspace },
  );
  const noted = await note(service, workspace, marker, { companion, user }, talk.conversation.id);
  const { appendMessages: said } = await service.runUntyped(
    `mutation ($id: ID!, $companion: CompanionRef!, $content: JSON!) {
      appendMessages(input: { companion: $companion, conversation: { id: $id }, remember: NONE, messages: [
        { role: USER, content: $content, externalId: "shared" }, { role: TOOL, content: $content }
      ] }) { ... on AppendMessagesPayload { messages { id } } }
    }`,
    { companion: whose.companion, id: talk.conversation.id, content: marker },
    { workspace },
  );
  // The first message became the first memory.
  await runAsSuperuser(
    (await service.tenant()).database,
    `update messages set memory_id = m.id, lineage_id = m.lineage_id, content = chr(1) || '0,' || length(m.content) || chr(1)
     from memories m where m.id = '${parseId(first.id)?.uuid}' and messages.id = '${parseId(said.messages[0].id)?.uuid}'`,
  );
  const found = await notice(service, workspace, marker, first.id, believed.pair);
  // The first has everything that a proposal can have.
  const of = { message: said.messages[0].id, text: marker };
  const prp = await proposeRows((await service.tenant()).database, [
    { ...of, kind: 'MEMORY', status: 'ACCEPTED', memory: first.id, other: believed.pair[0] },
    { ...of, kind: 'RETRACTION', memory: first.id },
    { ...of, kind: 'RELATION', memory: first.id, other: believed.pair[0] },
  ]);
  const [, two] = made.memories;
  const place = two.entities.nodes.find(({ name }: { name: string }) => name.startsWith('Place'));
  const kept = (await service.tenant()).database;
  await noteSummaries(kept, [
    { kind: 'TOPIC', summary: past.id, sources: [two.id, believed.pair[1]] },
    { kind: 'PROFILE', summary: end.id, sources: [two.id] },
  ]);
  const prf = await noteProfiles(kept, [
    { summary: end.id, entity: place.id, centroidModel: marker },
    { summary: end.id, centroidModel: marker },
  ]);
  const { node: sent } = await service.runUntyped(
    'query ($id: ID!) { node(id: $id) { ... on Webhook { deliveries(first: 2) { nodes { id } } } } }',
    { id: hook.webhook.id },
    { workspace },
  );
  return {
    wsp: [viewer.workspace.id],
    ...noted,
    whk: [hook.webhook.id],
    whd: sent.deliveries.nodes.map(({ id }: { id: string }) => id),
    cnv: [talk.conversation.id],
    msg: said.messages.map(({ id }: { id: string }) => id),
    prp,
    cmp: [first.companion.id],
    usr: [first.user.id],
    mem: made.memories.map(({ id }: { id: string }) => id),
    rel: made.relations.map(({ id }: { id: string }) => id),
    ent: first.entities.nodes.map(({ id }: { id: string }) => id),
    ...found,
    prf,
    con: believed.con,
    evt: believed.evt,
  };
}

/** Something corrected, taken back, disputed and resolved, and policies changed; a moment of its own each. */
async function believe(
  service: TestService,
  workspace: string,
  marker: string,
  first: string,
  whose: { companion: { key: string }; user: { externalId: string } },
): Promise<Pick<Ids, 'con' | 'evt'> & { pair: readonly [string, string] }> {
  const { createMemories: made } = await service.runUntyped(
    `mutation ($memories: [NewMemory!]!, $companion: CompanionRef!, $user: UserRef) {
      createMemories(input: { companion: $companion, user: $user, memories: $memories, detect: OFF }) {
        ... on CreateMemoriesPayload { memories { id } }
      }
    }`,
    {
      ...whose,
      memories: ['believed', 'disputing'].map((content) => ({
        content: `shared ${content}`,
        type: 'INSTRUCTION',
        validFrom: LONG_AGO,
        summary: marker,
        entities: [{ name: `Place of ${marker}`, type: 'place' }],
      })),
    },
    { workspace },
  );
  const [believed, disputing] = made.memories.map(({ id }: { id: string }) => id);
  const { dispute } = await service.runUntyped(
    `mutation ($first: ID!, $believed: ID!, $disputing: ID!, $marker: String!) {
      updateMemory(input: { id: $first, context: { marker: $marker, again: true } }) { __typename }
      correctMemory(input: { id: $believed, content: $marker, reason: $marker, detect: OFF }) { __typename }
      revertCorrection(input: { id: $believed }) { __typename }
      setDecayPolicy(input: { type: INSTRUCTION, archiveBelow: 6 }) { __typename }
      dispute: contradictMemory(input: { id: $first, by: { memoryId: $disputing }, reason: $marker }) {
        ... on ContradictMemoryPayload { contradiction { id } }
      }
    }`,
    { first, believed, disputing, marker },
    { workspace },
  );
  await service.runUntyped(
    `mutation ($id: ID!, $note: String!) {
      resolveContradiction(input: { id: $id, resolution: DISMISSED, note: $note }) { __typename }
      reopenContradiction(input: { id: $id }) { __typename }
    }`,
    { id: dispute.contradiction.id, note: marker },
    { workspace },
  );
  const { events } = await service.runUntyped(
    '{ events(kinds: [CONTRADICTED]) { nodes { id memory { id } } } }',
    {},
    { workspace },
  );
  const isOfThis = ({ memory }: { memory: { id: string } }) => [first, disputing].includes(memory.id);
  return {
    con: [dispute.contradiction.id],
    evt: events.nodes.filter(isOfThis).map(({ id }: { id: string }) => id),
    pair: [believed, disputing],
  };
}

/** Working memories, each with an earlier version, and a session. What all users share is filled once. */
async function note(
  service: TestService,
  workspace: string,
  marker: string,
  { companion, user }: Whose,
  talk: string,
): Promise<Pick<Ids, 'wrk' | 'ses'>> {
  const whose = { companion: { key: companion }, user: { externalId: user } };
  const wrk: string[] = [];
  for (const of of [
    { ...whose, conversation: { id: talk } },
    whose,
    ...(user === WHOSE.user ? [{ companion: whose.companion }] : []),
  ]) {
    const { again } = await service.runUntyped(
      `mutation ($first: UpdateWorkingMemoryInput!, $again: UpdateWorkingMemoryInput!) {
        first: updateWorkingMemory(input: $first) { __typename }
        again: updateWorkingMemory(input: $again) { ... on UpdateWorkingMemoryPayload { workingMemory { id } } }
      }`,
      {
        first: { ...of, content: `shared ${marker}` },
        again: { ...of, data: { marker }, template: marker, schema: { marker } },
      },
      { workspace },
    );
    wrk.push(again.workingMemory.id);
  }
  const client = { name: marker, version: marker, protocol: marker };
  const { startSession } = await service.runUntyped(
    `mutation ($input: StartSessionInput!) {
      startSession(input: $input) { ... on StartSessionPayload { session { id } } }
    }`,
    { input: { ...whose, conversation: { id: talk }, externalId: user, client, metadata: { marker } } },
    { workspace },
  );
  return { wrk, ses: [startSession.session.id] };
}
