import { sql } from 'drizzle-orm';
import { describe, expect, test } from 'vitest';
import { write } from '../src/db/write.ts';
import { mutation } from './support/mutations.ts';
import { useService } from './support/service.ts';
import { jsonLines, useTransfer } from './support/transfer.ts';

// Transcripts move with all that they say; transfer-moves tries any sequence of steps.

const service = useService();
const { importText, exportText } = useTransfer(service);
const append = mutation(service, 'appendMessages', 'messages { id position } memories { id }');
const forget = mutation(service, 'forgetMemories', 'forgottenIds');
const deleteMessages = mutation(service, 'deleteMessages', 'deletedIds');

const iris = { key: 'iris' };
const chat = { externalId: 'chat' };
const transcript = async (workspace: string, externalId = 'chat') => {
  const { conversation } = await service.runUntyped(
    `query ($externalId: String!) { conversation(by: {externalId: $externalId}, companion: {key: "iris"}) {
      title user { externalId } createdAt lastMessageAt messageCount
      messages(first: 100) { nodes { id externalId position role content createdAt updatedAt isForgotten memory { id content } } }
    } }`,
    { externalId },
    { workspace },
  );
  return conversation;
};
const contentsOf = async (workspace: string) =>
  write(await service.tenant(workspace), (tx) =>
    tx.rows<{ content: string | null }>(
      sql`select content from messages where workspace_id = ${tx.workspaceId} order by position`,
    ),
  );
const message = (id: string, more: object = {}) => ({
  kind: 'message',
  id,
  companion: 'iris',
  conversation: 'chat',
  role: 'USER',
  content: `This is ${id}.`,
  ...more,
});

describe('a conversation moves', () => {
  test('with its words stored once, so that forgetting takes them out of the copy, too', async () => {
    const [from, to] = [{ workspace: 'home' }, { workspace: 'away' }];
    const { memories } = await append(
      {
        companion: iris,
        user: { externalId: 'ann' },
        conversation: chat,
        messages: [
          { role: 'USER', content: 'My cat is called Grace.', createdAt: '2024-05-01T10:00:00.000Z' },
          { role: 'ASSISTANT', content: 'A fine name.', externalId: 'a2' },
          { role: 'USER', content: 'Please keep it secret.' },
        ],
      },
      from,
    );
    await forget({ ids: [memories[2].id] }, from);
    const file = await exportText('home');
    expect(file).not.toContain('secret');
    expect(await importText('away', file)).toMatch(/1 conversation, 3 messages/);
    expect(await transcript('away')).toEqual(await transcript('home'));
    expect(await contentsOf('away')).toEqual(await contentsOf('home'));
    expect(JSON.stringify(await contentsOf('away'))).not.toContain('Grace');
    await forget({ ids: [memories[0].id] }, to);
    expect(await importText('away', file)).toMatch('Already there: 1 companion');
    const { messages } = await transcript('away');
    expect(messages.nodes.map(({ content }: { content: string | null }) => content)).toEqual([
      null,
      'A fine name.',
      null,
    ]);
  });

  test('with what was deleted left out, and its positions not given again', async () => {
    const from = { workspace: 'gaps' };
    const said = ['one', 'two', 'three'].map((content) => ({ role: 'SYSTEM', content }));
    const { messages } = await append({ companion: iris, conversation: chat, messages: said }, from);
    await deleteMessages({ ids: [messages[2].id] }, from);
    await importText('gaps, moved', await exportText('gaps'));
    const next = { companion: iris, conversation: chat, messages: [{ role: 'SYSTEM', content: 'four' }] };
    for (const workspace of ['gaps', 'gaps, moved']) {
      expect((await append(next, { workspace })).messages).toMatchObject([{ position: 3 }]);
    }
  });

  test('with messages of a mebibyte, more of them than are read at once', async () => {
    const contents = Array.from({ length: 9 }, (_, index) => `${index}`.repeat(1_000_000));
    for (const content of contents) {
      const messages = [{ role: 'TOOL', content }];
      await append({ companion: iris, conversation: chat, messages, remember: 'NONE' }, { workspace: 'large' });
    }
    await importText('large, moved', await exportText('large'));
    const { messages } = await transcript('large, moved');
    expect(messages.nodes.map(({ content }: { content: string }) => content)).toEqual(contents);
  });

  test('to where it is already: what is there stays, and what is new goes behind where its place is taken', async () => {
    const to = { workspace: 'met' };
    const messages = [{ role: 'USER', content: 'Here first.', externalId: 'm1' }];
    await append({ companion: iris, conversation: chat, messages }, to);
    const lines = [
      { kind: 'conversation', companion: 'iris', externalId: 'chat', title: 'Elsewhere', nextPosition: 9 },
      message('x', { externalId: 'm1' }),
      message('y', { position: 0 }),
      message('z', { position: 5 }),
      message('z', { position: 5 }),
    ];
    expect(await importText('met', jsonLines(lines))).toBe(
      'Made: 2 messages. Already there: 1 conversation, 2 messages.',
    );
    const { title, messageCount, ...rest } = await transcript('met');
    expect({ title, messageCount }).toEqual({ title: null, messageCount: 3 });
    const placed = rest.messages.nodes.map(({ content, position }: { content: string; position: number }) => [
      position,
      content,
    ]);
    expect(placed).toEqual([
      [0, 'Here first.'],
      [5, 'This is z.'],
      [9, 'This is y.'],
    ]);
  });

  test('with the numbers that tools gave, as JSON reads them', async () => {
    const content = '{"id":12345678901234567890,"small":1e-7,"__proto__":{"a":1}}';
    const line = (more: string) =>
      `{"kind":"message","id":"n","companion":"iris","conversation":"chat","role":"TOOL","format":"ANTHROPIC",${more}}`;
    await expect(importText('numbers', line(`"content":[],"metadata":{"n":12345678901234567890}`))).rejects.toThrow(
      'line 1: n: 12345678901234567890 is beyond',
    );
    await importText('numbers', line(`"content":${content}`));
    const file = await exportText('numbers');
    await importText('numbers, moved', file);
    expect(await exportText('numbers, moved')).toBe(file);
    expect(file).toContain(JSON.stringify(JSON.parse(content)));
  });
});

const memory = { kind: 'memory', id: 'mem', companion: 'iris', user: 'ann', type: 'FACT', content: 'This is m.' };

test.each([
  [
    'a memory further down',
    [message('m', { memory: 'mem' }), memory],
    'line 1: The memory mem comes later in the file',
  ],
  ['a memory that is not there', [message('m', { memory: 'mem' })], 'line 1: There is no memory'],
  [
    'a memory of another user',
    [memory, message('m', { memory: 'mem' })],
    'line 2: The memory mem is not of the conver',
  ],
  [
    'a message of another conversation',
    [message('m'), message('m', { conversation: 'other' })],
    'line 2: The message "m" is in another conversation',
  ],
  ['a moment to come', [message('m', { recordedAt: '9000-01-01T00:00:00Z' })], 'line 1: recordedAt: 9000-01-01'],
  ['a content that is missing', [{ ...message('m'), content: undefined }], 'line 1: content: This field is missing.'],
  ['a text that is none', [message('m', { content: [] })], 'line 1: content: The content of format TEXT is a text'],
  ['a position beyond all', [message('m', { position: 2 ** 31 - 1 })], 'line 1: position: At most'],
])('a line is refused that names %s', async (what, lines, why) => {
  await expect(importText(what, jsonLines(lines))).rejects.toThrow(why);
  await expect(transcript(what)).resolves.toBeNull();
});
