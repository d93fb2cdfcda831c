import {
  type DocumentNode,
  type ExecutionArgs,
  type ExecutionResult,
  type GraphQLSchema,
  getOperationAST,
  NoFragmentCyclesRule,
  type OperationDefinitionNode,
  parse,
  validate,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { type Complexity, OperationCost } from '../../graphql/cost/complexity.ts';
import type { DocumentLimits } from '../../graphql/cost/limits.ts';
import { excessOf } from '../../graphql/cost/nesting.ts';
import { complexityRefusal, shapeRefusal, tooLong, tooNested } from '../../graphql/cost/refusal.ts';
import { shapeOf } from '../../graphql/cost/shape.ts';
import type { Principal } from '../../kernel/principal.ts';
import { currentRequest } from '../telemetry/request-record.ts';

/** How many errors of a document are reported: they are kept with it. */
const MAX_ERRORS = 20;
/** The request header that asks for `extensions.cost`, with the value 1 or true. */
const HEADER = 'x-cost';

/**
 * Refuses documents that cost too much before anything of them runs, and says what one costs if the client asks. Tokens
 * and brackets are counted before parsing, depth and breadth before validating, complexity when the variables are
 * known. What depends on the document alone is computed once: Yoga keeps parsed documents.
 */
export function useCostLimits(limits: DocumentLimits): Plugin {
  const costs = new WeakMap<OperationDefinitionNode, OperationCost>();
  const costOf = (schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode) => {
    const known = costs.get(operation) ?? new OperationCost(schema, document, operation);
    costs.set(operation, known);
    return known;
  };

  const validationFn: typeof validate = (schema, document, rules, options) => {
    try {
      // Other rules may follow a circle of fragments without end.
      return shapeOf(document).isCyclic
        ? validate(schema, document, [NoFragmentCyclesRule])
        : validate(schema, document, rules, { ...options, maxErrors: MAX_ERRORS });
    } catch (error) {
      if (error instanceof RangeError) return [tooNested(limits.depth)];
      throw error;
    }
  };

  const judge = ({ schema, document, operationName, variableValues }: ExecutionArgs) => {
    const operation = getOperationAST(document, operationName);
    if (!operation) return { document };
    const cost = costOf(schema, document, operation);
    const variables = (variableValues ?? {}) as Record<string, unknown>;
    const complexity = cost.of(variables);
    const record = currentRequest.getStore();
    if (record) record.complexity = complexity.complexity + complexity.introspection;
    return { document, complexity, error: complexityRefusal(complexity, limits, () => cost.costliest(variables)) };
  };

  return {
    onParse({ setParseFn }) {
      setParseFn(parseWithin(limits));
    },
    onValidate({ params: { documentAST }, setValidationFn, setResult }) {
      setValidationFn(validationFn);
      try {
        const error = shapeRefusal(documentAST, shapeOf(documentAST), limits);
        if (error) setResult([error]);
      } catch (error) {
        if (!(error instanceof RangeError)) throw error;
        setResult([tooNested(limits.depth)]);
      }
    },
    // What is delivered each time costs as much, at most.
    onSubscribe({ args, setResultAndStopExecution }) {
      const { error } = judge(args);
      if (error) setResultAndStopExecution({ errors: [error] });
    },
    onExecute({ args, setResultAndStopExecution }) {
      const { document, complexity, error } = judge(args);
      if (!complexity) return undefined;
      const record = currentRequest.getStore();
      const { request, principal } = args.contextValue as { request: Request; principal?: Principal };
      const mayRead = principal?.scopes.has('READ') ?? false;
      const asked = /^(?:1|true)$/.test(request.headers.get(HEADER) ?? '');
      if (!asked) {
        if (error) setResultAndStopExecution({ errors: [error] });
        return undefined;
      }
      const withCost = (result: ExecutionResult): ExecutionResult => ({
        ...result,
        extensions: {
          ...result.extensions,
          // How many there were depends on what is there: who may not read is not told.
          cost: { ...told(document, complexity), ...(mayRead && { statements: record?.statements.sent ?? 0 }) },
        },
      });
      if (error) return void setResultAndStopExecution(withCost({ errors: [error] }));
      return { onExecuteDone: ({ result, setResult }) => setResult(withCost(result as ExecutionResult)) };
    },
  };
}

/** Parses what is not too long or too nested for that. */
const parseWithin =
  ({ tokens, depth }: DocumentLimits): typeof parse =>
  (source, options) => {
    const excess = excessOf(source, tokens);
    if (excess) throw excess === 'tokens' ? tooLong(tokens) : tooNested(depth);
    return parse(source, options);
  };

/** What a document comes to, introspection included. */
function told(document: DocumentNode, { complexity, introspection }: Complexity) {
  const shape = shapeOf(document);
  return {
    complexity: complexity + introspection,
    depth: Math.max(shape.depth, shape.introspectionDepth),
    breadth: shape.breadth + shape.introspectionBreadth,
    tokens: document.tokenCount,
  };
}
