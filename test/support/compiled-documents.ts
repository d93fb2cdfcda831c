import type { GeneratorValue } from 'fast-check';
import fc from 'fast-check';

/** What documents may name. */
export interface Named {
  memories: readonly string[];
  moments: readonly string[];
  companions: readonly string[];
  users: readonly string[];
  conversations: readonly string[];
  /** By their ids. */
  entities: readonly string[];
  messages: readonly string[];
  /** Cursors of answers before. */
  cursors: readonly string[];
}

const scalars: Record<string, readonly string[]> = {
  Memory:
    `id content summary type status importance confidence statedConfidence context slot validFrom validUntil recordedAt
    retractedAt expiresAt archivedAt accessCount lastAccessedAt updatedAt __typename`.split(/\s+/),
  Companion: 'id key name description config isActive createdAt updatedAt __typename'.split(' '),
  User: 'id externalId metadata createdAt updatedAt __typename'.split(' '),
  MemoryRelation: 'id type strength metadata recordedAt retractedAt __typename'.split(' '),
  Conversation: 'id externalId title metadata createdAt updatedAt lastMessageAt messageCount __typename'.split(' '),
  Entity: 'id name type aliases __typename'.split(' '),
  Message: `id externalId role name format content text position metadata createdAt updatedAt isForgotten
    __typename`.split(/\s+/),
  PageInfo: 'hasNextPage hasPreviousPage startCursor endCursor __typename'.split(' '),
};
type Listed = 'Memory' | 'MemoryRelation' | 'Message' | 'Entity' | 'Conversation';
type Owner = 'Companion' | 'User' | 'Conversation' | 'Entity';
const relationTypes = ['FOLLOWS', 'CONTRADICTS', 'ELABORATES', 'CORRECTS', 'REFERENCES', 'CAUSES'];
const orders = ['RECORDED_AT', 'VALID_FROM', 'IMPORTANCE', 'CONFIDENCE'];

/** Writes documents of what is compiled: any fields under any names, in fragments or not, with any arguments. */
export class CompiledDocument {
  readonly variables: Record<string, unknown> = {};
  readonly #g: GeneratorValue;
  readonly #named: Named;
  readonly #declared: string[] = [];
  readonly #fragments: string[] = [];
  #names = 0;

  constructor(g: GeneratorValue, named: Named) {
    this.#g = g;
    this.#named = named;
  }

  write(): string {
    const roots = Array.from({ length: this.#upTo(1, 2) }, () => this.#root());
    const declared = this.#declared.length > 0 ? `(${this.#declared.join(', ')})` : '';
    return [`query Asked${declared} { ${roots.join(' ')} }`, ...this.#fragments].join('\n');
  }

  #root(): string {
    if (this.#chance(2)) {
      const args = [`id: ${this.#given('ID!', this.#one(this.#named.memories))}`, ...this.#at(4)];
      return `${this.#alias(true)}memory(${args.join(', ')})${this.#condition(8)} ${this.#memory(3, true)}`;
    }
    if (this.#chance(4)) {
      if (this.#chance(2)) {
        const id = this.#one([...this.#named.memories, ...this.#named.entities, ...this.#named.messages]);
        return `${this.#alias(true)}node(id: ${this.#given('ID!', id)}) { __typename ${this.#nodeOf(id)} }`;
      }
      const node = `... on Memory ${this.#memory(2)}`;
      const ids = this.#some(this.#named.memories, 4);
      return `${this.#alias(true)}nodes(ids: ${this.#given('[ID!]!', ids)}) { __typename ${node} }`;
    }
    if (this.#chance(4)) {
      const by = `by: {key: ${this.#given('String!', this.#one(this.#named.companions))}}`;
      return `${this.#alias(true)}companion(${by}) ${this.#owner('Companion')}`;
    }
    if (this.#chance(4)) {
      const by = `by: {externalId: ${this.#given('String!', this.#one(this.#named.users))}}`;
      return `${this.#alias(true)}user(${by}) ${this.#owner('User')}`;
    }
    if (this.#chance(4)) {
      const by = `by: {externalId: ${this.#given('String!', this.#one(this.#named.conversations))}}`;
      const companion = this.#chance(8) ? '' : `, companion: {key: "${this.#one(this.#named.companions)}"}`;
      return `${this.#alias(true)}conversation(${by}${companion}) ${this.#conversation()}`;
    }
    if (this.#chance(4)) {
      return `${this.#alias(true)}message(id: ${this.#given('ID!', this.#one(this.#named.messages))}) ${this.#message()}`;
    }
    if (this.#chance(4)) {
      const companion = this.#chance(3) ? [`companion: {key: "${this.#one(this.#named.companions)}"}`] : [];
      return this.#list('conversations', 'Conversation', [...this.#page(true), ...companion], 1);
    }
    if (this.#chance(4)) {
      const filter = this.#chance(3) ? ['filter: {types: ["place"]}'] : [];
      return this.#list('entities', 'Entity', [...this.#page(false), ...this.#at(3), ...filter], 1);
    }
    return this.#memories(2);
  }

  #nodeOf(id: string): string {
    if (id.startsWith('ent_')) return `... on Entity ${this.#entity()}`;
    return id.startsWith('msg_') ? `... on Message ${this.#message()}` : `... on Memory ${this.#memory(2, true)}`;
  }

  #entity(): string {
    const companion = this.#chance(4) ? [`companion { ${this.#scalars('Companion').join(' ')} }`] : [];
    const memories = this.#chance(2) ? [this.#memories(1, 'Entity')] : [];
    return this.#selection('Entity', [...this.#scalars('Entity'), ...companion, ...memories]);
  }

  #message(): string {
    const memory = this.#chance(3) ? [`memory ${this.#memory(0)}`] : [];
    const conversation = this.#chance(3) ? [`conversation { ${this.#scalars('Conversation').join(' ')} }`] : [];
    return this.#selection('Message', [...this.#scalars('Message'), ...memory, ...conversation]);
  }

  #conversation(): string {
    const parts = [...this.#scalars('Conversation'), ...this.#others()];
    if (this.#chance(3)) parts.push(this.#memories(1, 'Conversation'));
    if (this.#chance(2)) {
      const args = this.#page(true);
      if (this.#chance(4)) args.push(`roles: [${this.#some(['USER', 'ASSISTANT', 'SYSTEM'], 2).join(' ')}]`);
      if (this.#chance(4)) args.push(`filter: {metadata: {lang: "en"}}`);
      if (this.#chance(4)) {
        args.push(
          `orderBy: {field: ${this.#one(['POSITION', 'CREATED_AT'])}, direction: ${this.#one(['ASC', 'DESC'])}}`,
        );
      }
      parts.push(this.#list('messages', 'Message', args, 1));
    }
    return this.#selection('Conversation', parts);
  }

  #owner(type: 'Companion' | 'User'): string {
    return this.#selection(type, [...this.#scalars(type), ...(this.#chance(2) ? [this.#memories(1, type)] : [])]);
  }

  #memories(depth: number, of?: Owner): string {
    const args = [...this.#page(true), ...this.#at(3), ...this.#filter(of)];
    return `${this.#alias(true)}memories${args.length > 0 ? `(${args.join(', ')})` : ''} ${this.#connection('Memory', depth)}`;
  }

  /** `isAlone`: it is no memory of a list, whose entities are the executor's. */
  #memory(depth: number, isAlone = false): string {
    const parts = [...this.#scalars('Memory'), ...this.#others()];
    if (isAlone && this.#chance(3)) parts.push(this.#list('entities', 'Entity', this.#page(false), 1));
    if (depth > 0 && this.#chance(2))
      parts.push(this.#list('relations', 'MemoryRelation', this.#relationArgs(), depth));
    if (depth > 0 && this.#chance(4)) parts.push(this.#list('versions', 'Memory', this.#page(false), depth));
    return this.#selection('Memory', parts);
  }

  #others(): string[] {
    return (['companion', 'user'] as const).flatMap((name) => {
      const type = name === 'user' ? 'User' : 'Companion';
      return this.#chance(4)
        ? [`${this.#alias()}${name}${this.#condition(8)} { ${this.#scalars(type).join(' ')} }`]
        : [];
    });
  }

  #relation(depth: number): string {
    const parts = this.#scalars('MemoryRelation');
    for (const end of ['from', 'to'])
      if (this.#chance(4)) parts.push(`${this.#alias()}${end} ${this.#memory(depth - 1)}`);
    return this.#selection('MemoryRelation', parts);
  }

  #list(name: string, type: Listed, args: readonly string[], depth: number): string {
    const given = args.length > 0 ? `(${args.join(', ')})` : '';
    return `${this.#alias(given !== '')}${name}${given}${this.#condition(6)} ${this.#connection(type, depth - 1)}`;
  }

  #connection(type: Listed, depth: number): string {
    const node = () => {
      if (type === 'Message') return this.#message();
      if (type === 'Entity') return this.#entity();
      if (type === 'Conversation') return this.#conversation();
      return type === 'Memory' ? this.#memory(depth) : this.#relation(depth);
    };
    const parts: string[] = this.#chance(8) ? ['__typename'] : [];
    if (this.#chance(3)) parts.push(`${this.#alias()}totalCount${this.#condition(8)}`);
    if (this.#chance(3)) parts.push(`${this.#alias()}pageInfo { ${this.#scalars('PageInfo').join(' ')} }`);
    if (this.#chance(2)) parts.push(`${this.#alias()}nodes ${node()}`);
    // Fields of one name are answered as one.
    if (this.#chance(8)) parts.push(`nodes ${node()} nodes${this.#condition(2)} ${node()}`);
    if (this.#chance(2) || parts.length === 0) {
      const edge = this.#chance(2) ? ['cursor'] : [];
      if (this.#chance(2) || edge.length === 0) edge.push(`node ${node()}`);
      if (type === 'MemoryRelation' && this.#chance(2)) edge.push(`${this.#alias()}direction`);
      if (type === 'MemoryRelation' && this.#chance(2)) edge.push(`${this.#alias()}neighbor ${this.#memory(depth)}`);
      parts.push(`${this.#alias()}edges${this.#condition(8)} ${this.#selection(`${type}Edge`, edge)}`);
    }
    return this.#selection(`${type}Connection`, parts);
  }

  /** Some of it in a fragment, named or not. */
  #selection(type: string, parts: readonly string[]): string {
    const split = this.#upTo(0, parts.length);
    const [inside, outside] = [parts.slice(0, split).join(' '), parts.slice(split).join(' ')];
    if (inside === '' || this.#chance(2)) return `{ ${parts.join(' ')} }`;
    if (this.#chance(2)) return `{ ${outside} ... on ${type}${this.#condition(4)} { ${inside} } }`;
    const name = `F${this.#names++}`;
    this.#fragments.push(`fragment ${name} on ${type} { ${inside} }`);
    // A fragment counts once, where it is first included.
    return `{ ...${name}${this.#condition(4)} ${outside} ${this.#chance(4) ? `...${name}` : ''} }`;
  }

  #scalars(type: string): string[] {
    return this.#some(scalars[type] as string[], 6).map((name) => `${this.#alias()}${name}${this.#condition(8)}`);
  }

  /** Now and then what leaves out a field or a fragment, or does not: by a value as it stands, or of a variable. */
  #condition(oneIn: number): string {
    if (!this.#chance(oneIn)) return '';
    const one = () => {
      const value = this.#chance(2);
      if (!this.#chance(4)) return this.#given('Boolean!', value);
      const name = `v${this.#names++}`;
      this.#declared.push(`$${name}: Boolean = ${value}`);
      if (this.#chance(2)) this.variables[name] = this.#chance(2);
      return `$${name}`;
    };
    const written = () => `@${this.#one(['include', 'skip'])}(if: ${one()})`;
    if (!this.#chance(6)) return ` ${written()}`;
    return ` @include(if: ${one()}) @skip(if: ${one()})`;
  }

  #page(isEither: boolean): string[] {
    const size = this.#upTo(0, 4);
    const args = this.#chance(5)
      ? []
      : [`${isEither && this.#chance(3) ? 'last' : 'first'}: ${this.#given('Int', size)}`];
    if (this.#named.cursors.length > 0 && this.#chance(4)) {
      const way = isEither && this.#chance(3) ? 'before' : 'after';
      args.push(`${way}: ${this.#given('String', this.#one(this.#named.cursors))}`);
    }
    return args;
  }

  #relationArgs(): string[] {
    const args = this.#page(false);
    if (this.#chance(2)) args.push(`direction: ${this.#given('Direction', this.#one(['OUT', 'IN', null]), true)}`);
    if (this.#chance(4)) args.push(`types: [${this.#some(relationTypes, 3).join(' ')}]`);
    if (this.#chance(4)) args.push(`minStrength: ${this.#given('Float', this.#one([0, 0.4, 0.5, 1]))}`);
    return args;
  }

  #filter(of?: Owner): string[] {
    const args: string[] = [];
    if ((!of || of === 'User') && this.#chance(4)) {
      args.push(`companion: {key: ${this.#given('String!', this.#one(this.#named.companions))}}`);
    }
    if ((!of || of === 'Companion' || of === 'Entity') && this.#chance(5)) {
      args.push(`user: {externalId: ${this.#given('String!', this.#one(this.#named.users))}}`);
    }
    if (this.#chance(3)) {
      const direction = this.#one(['', ', direction: ASC', ', direction: DESC']);
      args.push(`orderBy: {field: ${this.#one(orders)}${direction}}`);
    }
    const filter = this.#one([
      '',
      '',
      'types: [INSTRUCTION FACT]',
      'statuses: [ACTIVE DISPUTED ARCHIVED RETRACTED CORRECTED ENDED]',
      'statuses: [DISPUTED]',
      'minImportance: 4',
      'minConfidence: 0.7',
      'hasUser: false',
      'text: "Porto OR bowls"',
      'slots: ["user.home"]',
      'suspect: true',
      'entity: {name: "Porto"}',
    ]);
    return filter ? [...args, `filter: {${filter}}`] : args;
  }

  #at(oneIn: number): string[] {
    if (!this.#chance(oneIn)) return [];
    const clocks = new Set(this.#some(['validAt', 'knownAt'], 2));
    const point = [...clocks].map((clock) => `${clock}: ${this.#given('DateTime', this.#one(this.#named.moments))}`);
    return [`at: {${point.join(', ')}}`];
  }

  /** A value as it stands, or as a variable. */
  #given(type: string, value: unknown, isEnum = false): string {
    if (!this.#chance(3)) return isEnum ? String(value) : JSON.stringify(value);
    const name = `v${this.#names++}`;
    this.#declared.push(`$${name}: ${type}`);
    this.variables[name] = value;
    return `$${name}`;
  }

  /** Always one where the same field may stand beside it with other arguments, or other fields in it. */
  #alias(always = false): string {
    return always || this.#chance(3) ? `k${this.#names++}: ` : '';
  }

  #one<T>(of: readonly T[]): T {
    return of[this.#upTo(0, of.length - 1)] as T;
  }

  /** One to `most` of them, in any order, one more than once. */
  #some<T>(of: readonly T[], most: number): T[] {
    return Array.from({ length: this.#upTo(1, most) }, () => this.#one(of));
  }

  #chance(oneIn: number): boolean {
    // What is found is made smaller: without it, that is.
    return this.#upTo(1, oneIn) === oneIn;
  }

  #upTo(min: number, max: number): number {
    return this.#g(fc.integer, { min, max });
  }
}
