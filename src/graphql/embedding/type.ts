import { countVectors } from '../../domain/embedding/vectors.ts';
import { builder } from '../core/builder.ts';
import type { Context } from '../core/context.ts';
import { Viewer } from '../workspace/type.ts';

const EmbeddingStatus = builder.objectRef<Context>('EmbeddingStatus').implement({
  description: 'How vectors of memories are made, and how many are done.',
  fields: (t) => ({
    provider: t.string({
      description: '`local`, `openai`, `transformers`, or `none`.',
      resolve: ({ embeddings }) => embeddings.settings.provider,
    }),
    model: t.string({
      nullable: true,
      description: 'The model that makes new vectors. Null: no vectors are made.',
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
    pending: t.int({
      description:
        'How many memories still need a vector of this model: the provider did not answer when they ' +
        'were written, or their vector is of another model. They get one in the background.',
      resolve: async (context) => (await counts(context)).pending,
    }),
    owed: t.int({
      description: 'The same as `pending`.',
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
    description: 'How vectors of memories are made.',
    resolve: ({ context }) => context,
  }),
);
