import { GraphQLError, Lexer, Source, TokenKind } from 'graphql';

/** Selections, lists and objects inside each other that graphql's parser and visitors follow without running out of stack. */
const MAX_NESTING = 500;

/** Whether a document nests selections, lists or objects deeper than is parsed. What is no document is left to the parser to say. */
export function isTooNested(source: string | Source, maxTokens: number): boolean {
  const lexer = new Lexer(typeof source === 'string' ? new Source(source) : source);
  let nesting = 0;
  try {
    for (let tokens = 0; tokens <= maxTokens; tokens++) {
      const { kind } = lexer.advance();
      if (kind === TokenKind.BRACE_L || kind === TokenKind.BRACKET_L) nesting++;
      else if (kind === TokenKind.BRACE_R || kind === TokenKind.BRACKET_R) nesting--;
      else if (kind === TokenKind.EOF) return false;
      if (nesting > MAX_NESTING) return true;
    }
  } catch (error) {
    if (!(error instanceof GraphQLError)) throw error;
  }
  return false;
}
