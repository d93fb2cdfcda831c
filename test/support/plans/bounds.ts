import type { Measured } from './measure.ts';

/** How many pages a statement may touch for each row it is about … */
const PAGES_A_ROW = 40;
/** … and no matter what it is about. */
const PAGES = 120;

/** What may touch more, whose reason is not the plan: so many times what reading the largest table through would. */
interface Exception {
  operations: RegExp;
  statement?: RegExp;
  times: number;
  why: string;
}

export const exceptions: readonly Exception[] = [
  {
    operations:
      /^memories(, counted| by (text|slots|context|entity by name|disputed|importance|confidence|as the world was))$/,
    times: 0.5,
    why: 'No index has what is asked for, or all of it is counted: the memories of the companion or workspace are read.',
  },
  {
    operations: /^memories by (not )?suspect$/,
    times: 7,
    why: 'Walked from all that is disputed or no longer believed, over three relations: three in ten memories are met.',
  },
  {
    operations: /suspect|^disputed and corrected memories$|^memory(, as it was)?$|^context|^answer|^profile/,
    statement: /with recursive reached \(start/,
    times: 8,
    why: 'Each memory is asked for everything within three relations, some of which lead through memories with hundreds.',
  },
  {
    operations: /^(context|answer)/,
    times: 1,
    why: 'The user is a condition on each row that is counted or found, as for restricted credentials.',
  },
  {
    operations: /^(context|answer)/,
    statement: /from unnest\(\$1::uuid\[\], \$2::uuid\[\]\) given/,
    times: 2,
    why: 'Of a memory with hundreds of findings, which a profile may quote, fifty are looked at, with both sides of each.',
  },
  {
    operations: /^context without a user, as it was$/,
    times: 30,
    why: 'The same of the past, and of contradictions both ends are looked up; memories of users are passed over.',
  },
  { operations: /^companions, counted memories$/, times: 0.3, why: 'Every memory of three companions is counted.' },
  {
    operations: /^(entities.*|memories of entities.*|related entities)$/,
    statement: /mentioned|count\(/,
    times: 9.5,
    why: 'Entities are listed by how often they are mentioned: all mentions of the workspace are counted.',
  },
  {
    operations: /^(memories of entities|entity with its memories$|memory with its entities$)/,
    times: 3,
    why: 'The memories of an entity are looked up one by one, and the first entities have thousands.',
  },
  {
    operations: /entities|^memory, as it was$|^graph/,
    statement: /with mention as materialized \( select counted/,
    times: 2.2,
    why: 'Entities of a memory are listed by how often they are mentioned: the mentions of each are counted.',
  },
  {
    operations: /^events( behind a place,)? by (kind|companion|user)$/,
    times: 0.5,
    why: 'The feed is read in its order until there are enough: what is rare is met late.',
  },
  {
    operations: /^graph through entities$/,
    times: 5,
    why: 'An entity joins all that mention it, of which the first have thousands: they are looked at until there are enough.',
  },
  {
    operations: /^recall/,
    statement: /^select .* from postings p where/,
    times: 0.02,
    why: 'Each term of the question is looked up in six indexes, of which one has it; and memories are counted up to 5,000.',
  },
  {
    operations: /^recall, as it was$/,
    statement: /^select .* from postings p where/,
    times: 0.025,
    why: 'The same, in the runs in which it is this one that counts: a companion with many is counted once a minute.',
  },
  {
    operations: /^recall/,
    statement: /said as materialized/,
    times: 0.6,
    why: 'The newest memories that mention the entities that a question names are looked up: a few hundred of each.',
  },
  {
    operations: /^recall by names of entities and by user$|^recall by names of entities, as they were$/,
    times: 0.8,
    why: 'Mentions say nothing of users, nor does their index say since when they are known: up to 701 are looked up.',
  },
  {
    operations: /^memories by text in names$/,
    times: 0.7,
    why: 'All memories of the companion are read, and what mentions an entity of such a name is looked up.',
  },
  {
    operations: /^conversations by title$/,
    times: 0.7,
    why: 'No index has titles and notes: the conversations of the workspace are read in their order.',
  },
  {
    operations: /^deleteCompanion$/,
    statement: /^delete from "companions"/,
    times: 0.11,
    why: 'What goes by cascading keys is planned by PostgreSQL itself, one table after the other.',
  },
  {
    operations: /^updateMemory$/,
    statement: /^update memories m set summary/,
    times: 0.3,
    why: 'The words of the memory are removed from the postings and added again, one entry of an index each.',
  },
  {
    operations: /elateMemories/,
    statement: /^with recursive around/,
    times: 0.1,
    why: 'All relations within three steps are read, and only the memories they lead to are answered.',
  },
  {
    operations: /^conversations$/,
    statement: /count/,
    times: 0.2,
    why: 'All conversations of the workspace are counted.',
  },
  {
    operations: /^proposals/,
    statement: /count/,
    times: 0.05,
    why: 'All proposals that stand so are counted.',
  },
  {
    operations: /^look whether to consolidate/,
    times: 0.4,
    why: 'Of each companion so many memories that came later are counted as make a run due.',
  },
  {
    operations: /^profiles$|^profile of/,
    statement: /later\.count/,
    times: 0.05,
    why: 'Of each profile the first hundred memories that came later are looked at, and what it quotes is looked up.',
  },
  {
    operations: /^profiles$/,
    statement: /count\(/,
    times: 2,
    why: 'All profiles of the companion are counted, and of each its summary is looked up: whether it holds.',
  },
  {
    operations: /^profiles$|^profile of/,
    statement: /"profileId", m\.id as "id"/,
    times: 3,
    why: 'Of each profile up to a hundred slots are looked up; of an entity few of them mention it.',
  },
  {
    operations: /^findings(, counted: .*)?$/,
    statement: /count/,
    times: 9,
    why: 'All findings of the workspace are counted, and of each both sides are looked up: whether it can still be judged.',
  },
  {
    operations: /^findings by user, judged$/,
    times: 2,
    why: 'Judged findings are gone through in their order until there are enough: those of one user are met late.',
  },
  {
    operations: /^findings of a hub$/,
    statement: /parent\.lineage/,
    times: 0.2,
    why: 'Of a memory with hundreds of findings both sides of each are looked up, to be counted or to be put in order.',
  },
  {
    operations: /^deliveries( that failed)?, counted$/,
    statement: /count/,
    times: 1,
    why: 'All deliveries of the webhook are counted, or all that stand so.',
  },
  {
    operations: /^messages (of a role|with notes)$/,
    times: 0.6,
    why: 'No index has roles or notes: the messages of the conversation are gone through, and counted one by one, both in one statement where it is compiled.',
  },
  { operations: /^decayPreview/, times: 0.2, why: 'Every memory asked about is judged, and one row answered.' },
  { operations: /^viewer$/, statement: /memory_embeddings/, times: 0.2, why: 'Vectors are counted.' },
  {
    operations: /^relations of a hub/,
    statement: /parent\.holds/,
    times: 0.2,
    why: 'Of a memory with a thousand relations all are looked at, to be counted or for the few of a type.',
  },
  {
    operations: /^(forgetMemories|purgeExpiredMemories|delete(User|Companion|Messages|Conversation))$/,
    statement: /relation_id in \(select gone\.id from gone\)/,
    times: 0.5,
    why: 'No index has the relation of an event: all events of the workspace are read, once a batch.',
  },
  {
    operations: /^(forgetMemories|purgeExpiredMemories|delete(User|Companion|Messages|Conversation))$/,
    statement: /^delete from lineages/,
    times: 8,
    why: 'What goes by cascading keys is planned by PostgreSQL itself, which without statistics reads more than it must.',
  },
];

/**
 * What an operation's statement may touch. Without statistics a table may be read through once, but not for each row.
 */
export function boundOf(operation: string, { text, rows }: Measured, once: number, isKnown: boolean): number {
  const general = PAGES + PAGES_A_ROW * rows + (isKnown ? 0 : once);
  const excepted = exceptions
    .filter(
      ({ operations, statement }) =>
        operations.test(operation) && (!statement || statement.test(text.replaceAll(/\s+/g, ' ').trim())),
    )
    .map(({ times }) => times * once);
  return Math.max(general, ...excepted);
}
