import fc from 'fast-check';
import { countTokens as counted } from 'gpt-tokenizer/encoding/o200k_base';
import { describe, expect, test } from 'vitest';
import { Tokenizer } from '../src/domain/tokens/tokenizer.ts';
import { type Candidates, fill, type Item } from '../src/model/context/fill.ts';
import { disputeItems, factItems, memoryItems, messageItems, workingMemoryItems } from '../src/model/context/items.ts';
import type { ContextMemory } from '../src/model/context/lines.ts';
import type { ContextMessage } from '../src/model/context/messages.ts';
import { type ContextSectionKind, contextSectionKinds } from '../src/model/context/sections.ts';

const tokenizer = new Tokenizer();
const count = (text: string, most: number) => tokenizer.countUpTo(text, most);

const uuid = (number: number) => `01890a5d-ac96-774b-bcce-${String(number).padStart(12, '0')}`;
const said = fc.oneof(
  fc.string({ unit: 'grapheme', minLength: 1, maxLength: 60 }),
  fc.lorem({ maxCount: 40 }),
  fc.constantFrom(
    '/slash',
    '  blank',
    'a\n\n## b',
    '<|endoftext|>',
    '，。',
    '1234567',
    "it's",
    '…\r\n',
    '🙂'.repeat(9),
  ),
);
const moment = fc.date({ min: new Date('1990-01-01'), max: new Date('2090-01-01'), noInvalidDate: true });

const memory = (id: number) =>
  fc.record<ContextMemory>({
    id: fc.constant(uuid(id)),
    lineageId: fc.constant(uuid(id)),
    type: fc.constantFrom('FACT', 'EXPERIENCE'),
    status: fc.constantFrom('ACTIVE', 'DISPUTED'),
    slot: fc.option(said),
    speaker: fc.option(said),
    text: said,
    validFrom: moment,
    validUntil: fc.option(moment),
    statedUntil: fc.constant(null),
    retractedAt: fc.constant(null),
  });

/** What a context may be made of: some memories are facts, too, some are what a message became, some contradict each other. */
const given = fc
  .record({
    working: fc.array(said, { maxLength: 2 }),
    memories: fc
      .integer({ min: 0, max: 12 })
      .chain((n) => fc.tuple(...Array.from({ length: n }, (_, id) => memory(id)))),
    facts: fc.array(fc.nat({ max: 11 }), { maxLength: 4 }),
    disputes: fc.array(fc.tuple(fc.nat({ max: 11 }), fc.nat({ max: 11 })), { maxLength: 3 }),
    messages: fc.array(
      fc.record({ text: said, createdAt: moment, of: fc.option(fc.nat({ max: 11 })), calls: fc.boolean() }),
      {
        maxLength: 12,
      },
    ),
    kinds: fc.shuffledSubarray([...contextSectionKinds], { minLength: 1 }),
  })
  .map(({ working, memories, facts, disputes, messages, kinds }): Candidates[] => {
    const known = new Map(memories.map((each) => [each.id, each]));
    const at = (index: number) => memories[index % Math.max(1, memories.length)];
    const ofFacts = [...new Set(facts.flatMap((index) => at(index) ?? []))];
    const doubts = { suspect: new Map<string, boolean>(), outdated: new Set<string>() };
    const talk = messages.flatMap(({ text, createdAt, of, calls }, index): ContextMessage[] => {
      const message = { role: 'USER' as const, name: null, createdAt, size: text.length };
      const memory = of === null ? null : (at(of) ?? null);
      if (!calls) return [{ ...message, id: uuid(100 + 2 * index), text, calls: [], memory }];
      const tool = { callId: `${index}`, name: 'look', error: null };
      const call = { ...tool, input: { text }, output: null };
      return [
        { ...message, role: 'ASSISTANT', id: uuid(100 + 2 * index), text: null, calls: [call], memory: null },
        {
          ...message,
          role: 'TOOL',
          id: uuid(101 + 2 * index),
          text,
          calls: [{ ...tool, input: null, output: text }],
          memory: null,
        },
      ];
    });
    const items: Partial<Record<Candidates['kind'], Item[]>> = {
      WORKING_MEMORY: workingMemoryItems(working.map((content, n) => ({ id: uuid(200 + n), scope: 'USER', content }))),
      FACTS: factItems(ofFacts, doubts),
      MEMORIES: memoryItems(memories, doubts),
      DISPUTES: disputeItems(
        disputes.flatMap(([one, other], n) => {
          const [memory, by] = [at(one), at(other)];
          return memory && by && memory !== by
            ? [{ id: uuid(300 + n), memoryId: memory.id, byId: by.id, reason: null }]
            : [];
        }),
        known,
        doubts,
        new Set(kinds.includes('MEMORIES') ? known.keys() : []),
      ),
    };
    return kinds.map((kind) => ({
      kind,
      ...(kind === 'MESSAGES' ? messageItems(talk, 3) : { items: items[kind] ?? [] }),
    }));
  });

const textOf = (sections: readonly { text: string }[]) => sections.map(({ text }) => text).join('');
const tokensOf = (sections: readonly { tokens: number }[]) => sections.reduce((sum, { tokens }) => sum + tokens, 0);

describe('whatever a context is made of', () => {
  test('its tokens are what the tokenizer counts, at most as many as it may have, and more where it may have more', async () => {
    await fc.assert(
      fc.asyncProperty(
        given,
        fc.array(fc.integer({ min: 1, max: 900 }), { minLength: 6, maxLength: 6 }),
        async (candidates, budgets) => {
          let before = 0;
          for (const most of budgets.flatMap((budget) => [budget, budget + 1]).sort((a, b) => a - b)) {
            const sections = await fill(candidates, most, count);
            const tokens = tokensOf(sections);
            expect(tokens).toBe(counted(textOf(sections), { disallowedSpecial: new Set() }));
            for (const section of sections) expect(section.tokens).toBe(await tokenizer.count(section.text));
            expect(tokens).toBeLessThanOrEqual(most);
            expect(tokens).toBeGreaterThanOrEqual(before);
            before = tokens;
          }
        },
      ),
      { numRuns: 60 },
    );
  });

  test('nothing is said twice, and what is not said is counted', async () => {
    await fc.assert(
      fc.asyncProperty(given, fc.integer({ min: 1, max: 3_000 }), async (candidates, most) => {
        const sections = await fill(candidates, most, count);
        const memories = sections.flatMap((section) => section.memories);
        expect(new Set(memories).size).toBe(memories.length);
        const whole = await fill(candidates, 1_000_000, count);
        for (const [index, section] of sections.entries()) {
          const all = whole[index] as typeof section;
          if (section.kind === 'MESSAGES') {
            // The newest, without gaps.
            expect(all.messages.slice(all.messages.length - section.messages.length)).toEqual(section.messages);
            expect(section.messages.length + section.omitted).toBe(all.messages.length + all.omitted);
          }
        }
        expect(textOf(await fill(candidates, most, count))).toBe(textOf(sections));
      }),
      { numRuns: 60 },
    );
  });
});

test('a section that has little to say leaves its room to the others', async () => {
  const line = (id: number, size = 100): Item => ({
    size,
    place: id,
    keys: [uuid(id)],
    say: () => ({ text: `- ${'word '.repeat(size / 5)}\n`, memories: [uuid(id)], messages: [] }),
  });
  const many = (from: number) => Array.from({ length: 100 }, (_, n) => line(from + n));
  const shown = async (facts: Item[]) => {
    const candidates: Candidates[] = [
      { kind: 'FACTS', items: facts },
      { kind: 'MEMORIES', items: many(200) },
    ];
    return (await fill(candidates, 1_000, count)).map(({ memories }) => memories.length);
  };
  const [few, rest] = (await shown([line(0)])) as [number, number];
  const [part, other] = (await shown(many(0))) as [number, number];
  expect(few).toBe(1);
  expect(rest).toBeGreaterThan(other);
  // A third and two thirds.
  expect(Math.abs(other - 2 * part)).toBeLessThanOrEqual(3);
});

describe('a tokenizer', () => {
  test.each(['o200k_base', 'o200k_harmony', 'cl100k_base'] as const)(
    'counts by %s what the library counts',
    async (name) => {
      const { countTokens } = await import(`gpt-tokenizer/encoding/${name}`);
      const own = new Tokenizer(name);
      await fc.assert(
        fc.asyncProperty(fc.array(said, { maxLength: 30 }), async (parts) => {
          const text = parts.join('\n');
          const exact = countTokens(text, { disallowedSpecial: new Set() });
          expect(await own.count(text)).toBe(exact);
          expect(await own.countUpTo(text, exact)).toBe(exact);
          expect(await own.countUpTo(text, exact)).toBe(exact);
          expect(await own.countUpTo(text, exact - 1)).toBeUndefined();
        }),
        { numRuns: 50 },
      );
    },
  );
});

test('a profile begins after memories have 4,000 characters, or no more to say', async () => {
  const items = (kind: ContextSectionKind, from: number, lines: number): Candidates => ({
    kind,
    items: Array.from({ length: lines }, (_, line): Item => {
      const text = `${from + line} ${'word '.repeat(19)}\n`;
      const key = uuid(from + line);
      return { size: 100, place: line, keys: [key], say: () => ({ text, memories: [key], messages: [] }) };
    }),
  });
  const linesWith = async (memories: number, maxTokens: number) => {
    const sections = await fill([items('PROFILE', 1_000, 4), items('MEMORIES', 0, memories)], maxTokens, count);
    return sections.map((section) => section.memories.length);
  };
  const [profile, remembered] = (await linesWith(100, 1_000)) as [number, number];
  expect(profile).toBe(1);
  expect(remembered).toBeGreaterThanOrEqual(40);
  const [none, fewer] = (await linesWith(100, 700)) as [number, number];
  expect(none).toBe(0);
  expect(fewer).toBeLessThanOrEqual(40);
  expect(await linesWith(5, 1_000)).toEqual([4, 5]);
});
