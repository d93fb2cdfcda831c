import { GraphQLError, Lexer, Source, TokenKind } from 'graphql';

/** How deep selections, lists and objects may be nested before graphql's parser and visitors run out of stack. */
const MAX_NESTING = 500;

/**
 * What of a document's text is more than is parsed: its tokens, or its selections, lists and objects in each other.
 * What is no document is left to the parser to say.
 */
export function excessOf(source: string | Source, maxTokens: number): 'tokens' | 'nesting' | undefined {
  const lexer = new Lexer(typeof source === 'string' ? new Source(source) : source);
  let nesting = 0;
  try {
    for (let tokens = 0; ; tokens++) {
      const { kind } = lexer.advance();
      if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L) nesting++;
      else if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R) nesting--;
      else if (kind === TokenKind.EOF) return undefined;
      if (nesting > MAX_NESTING) return 'nesting';
      if (tokens >= maxTokens) return 'tokens';
    }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
  }
  return undefined;
}
