import { countVectors } from '../../domain/embedding/vectors.ts';
import { builder } from '../core/builder.ts';
import type { Context } from '../core/context.ts';
import { Viewer } from '../workspace/type.ts';

const EmbeddingStatus = builder.objectRef<Context>('EmbeddingStatus').implement({
  description: 'What makes vectors of memories, and how far it has come.',
  fields: (t) => ({
    provider: t.string({
      description: '`local`, `openai`, `transformers`, or `none`.',
      resolve: ({ embeddings }) => embeddings.settings.provider,
    }),
    model: t.string({
      nullable: true,
      description: 'The model that new vectors are of; null: none are made.',
      resolve: ({ embeddings }) => embeddings.model?.model ?? null,
    }),
    dimension: t.int({
      nullable: true,
      description: 'How many numbers its vectors have.',
      resolve: ({ embeddings }) => embeddings.model?.dimension ?? null,
    }),
    embedded: t.int({
      description: 'How many memories have a vector of this model.',
      resolve: async (context) => (await counts(context)).embedded,
    }),
    owed: t.int({
      description:
        'How many still want one: the provider did not answer when they were written, or another model made what they have. They are made up for in the background.',
      resolve: async (context) => (await counts(context)).pending,
    }),
  }),
});

/** Both in one statement, for whichever are asked for. */
const counts = (context: Context) =>
  context.at().one('vectors', 'counts', () => {
    const { model } = context.embeddings;
    return model ? countVectors(context.reads, model) : Promise.resolve({ embedded: 0, pending: 0 });
  });

builder.objectField(Viewer, 'embedding', (t) =>
  t.field({
    type: EmbeddingStatus,
    description: 'What makes vectors of memories.',
    resolve: ({ context }) => context,
  }),
);
