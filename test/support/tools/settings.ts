/** What is told of a tool beside its document. */
export interface ToolSettings {
  title: string;
  /** It may erase something. */
  destructive?: true;
  /** Called again with the same arguments, it changes nothing more. */
  idempotent?: true;
  /** Boolean variables, and the arguments that make each true. */
  choices?: Record<string, string[]>;
  /** Variables for clients that are neither bound nor given by models: here what is read is narrowed by the request. */
  unbound?: string[];
  /** Lists of the answer whose items are only said to be objects: another tool says what they are. */
  outlined?: string[];
  /** Arguments of which null says something else than leaving them out. */
  nullable?: string[];
}

/** The tools, in the order in which they are listed. */
export const settings: Record<string, ToolSettings> = {
  context: { title: 'Context for an answer' },
  recall: { title: 'Recall memories', unbound: ['user'] },
  open: { title: 'Open by id' },
  explore: { title: 'Explore around memories' },
  connect: { title: 'Connect two memories' },
  timeline: { title: 'Timeline', unbound: ['user'], outlined: ['nodes'] },
  remember: { title: 'Remember', outlined: ['duplicates', 'contradictions', 'findings'] },
  correct: { title: 'Correct a memory', idempotent: true, nullable: ['validUntil'] },
  retract: { title: 'Retract a memory', idempotent: true },
  dispute: {
    title: 'Dispute, decide or judge',
    idempotent: true,
    choices: {
      contradicts: ['memory', 'by'],
      resolves: ['contradiction', 'resolution'],
      judges: ['finding', 'verdict'],
    },
  },
  forget: { title: 'Forget for good', destructive: true, idempotent: true },
  update_working_memory: { title: 'Update working memory' },
};

/** Variables that say whose memories they are: they come from outside. */
export const outside = ['companion', 'user', 'conversation'];

export const idempotencyVariable = 'idempotencyKey';

/** Fields of input types that no model needs to see. */
export const hidden: Record<string, string[]> = {
  NewMemory: ['user', 'embedding', 'summary', 'expiresAt', 'isApart'],
  NewRelation: ['metadata'],
};

/** Values that are not allowed at a place. */
export const withoutValues: Record<string, string[]> = {
  'NewRelation.type': ['CONTRADICTS', 'CORRECTS'],
};

/** What fields of input types say of themselves to models; the schema says more than a model has room for. */
export const descriptions: Record<string, string> = {
  'NewMemory.content': 'One statement that stands for itself: names, no pronouns.',
  'NewMemory.context': 'Where it is from: speaker, source …',
  'NewMemory.entities': 'People, places and things it mentions.',
  'NewMemory.ref': 'A name for it, for relations of this call.',
  'NewMemory.slot': 'A question with one answer at a time, such as user.home: a new answer ends the old one.',
  'NewMemory.validFrom': 'When it became true. Default: now.',
  'EntityInput.type': 'person, place …',
  'NewRelation.type': 'Read as: from FOLLOWS to.',
};
