import { Reading } from '../../db/reading.ts';
import { contextOf } from '../../domain/context/context.ts';
import { prepareContext } from '../../domain/context/prepare.ts';
import { LimitExceeded } from '../../kernel/errors.ts';
import { parseInput } from '../../kernel/input.ts';
import { contextSectionKinds } from '../../model/context/sections.ts';
import { builder } from '../core/builder.ts';
import { atDescription, PointInTimeInput, snapshotAt } from '../core/point-type.ts';
import { costs } from '../cost/declare.ts';
import { ContextInput, MOST_TOKENS } from './inputs.ts';
import { Context, toContext } from './type.ts';

builder.queryField('context', (t) =>
  t.field({
    type: Context,
    extensions: costs({ weight: 200 }),
    description:
      'What goes into the prompt of a companion that is about to answer: working memory, the answers of slots, what ' +
      'recall finds, open contradictions of these and the newest messages, in at most so many tokens. Each section gets ' +
      'its share; one that has said all leaves its room to the others. What several of them would say is said once. It ' +
      'reads what is about the user and what is about no particular user, nothing of others.',
    args: {
      input: t.arg({ type: ContextInput.type, required: true, description: 'For whom, and what goes into it.' }),
      at: t.arg({
        type: PointInTimeInput,
        description:
          `${atDescription} Of messages those stored by \`knownAt\`. Vectors and the rarity of words are still those of ` +
          'today.',
      }),
    },
    resolve: async (_root, { input, at }, context) => {
      const { query = null, sections, ...asked } = parseInput(ContextInput.check, input, ['input']);
      if (asked.maxTokens > MOST_TOKENS)
        throw new LimitExceeded('Tokens of a context (maxTokens)', MOST_TOKENS, asked.maxTokens);
      const request = { ...asked, query, sections: [...new Set(sections ?? contextSectionKinds)] };
      const { tenant, embeddings, tokenizer } = context;
      const given = snapshotAt(context, at);
      const { validAt, knownAt } = at ?? {};
      const reading = new Reading(tenant.workspaceId, { ...(validAt && { validAt }), ...(knownAt && { knownAt }) });
      const [snapshot, prepared] = await Promise.all([
        given,
        context.reads.after(prepareContext(tenant, context, reading, request)),
      ]);
      const composed = await contextOf(snapshot.tx, snapshot.reading, request, prepared, {
        indexes: embeddings.indexes,
        tokenizer,
      });
      return toContext(snapshot, composed);
    },
  }),
);
