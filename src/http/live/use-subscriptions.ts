import type { IncomingMessage, ServerResponse } from 'node:http';
import {
  createSourceEventStream,
  type ExecutionArgs,
  type ExecutionResult,
  GraphQLError,
  print,
  type ValidatedSubscriptionArgs,
  validateSubscriptionArgs,
} from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { keyInUse } from '../../domain/credential/authenticate.ts';
import type { Context } from '../../graphql/core/context.ts';
import { LiveSource } from '../../graphql/live/source.ts';
import { describeError } from '../../kernel/describe-error.ts';
import { type ContextOptions, contextMaker } from '../plugins/make-context.ts';
import { clockLog } from '../plugins/outage.ts';
import { refusal } from '../plugins/refusal.ts';
import { currentWork } from '../telemetry/current-work.ts';
import { currentRequest } from '../telemetry/request-record.ts';
import { HeldDocuments } from './held-documents.ts';
import { coded, type Followed, type Following, Reading } from './reading.ts';
import type { Streams } from './streams.ts';
import { Subscriber } from './subscriber.ts';

/** What is known of a request. */
interface Asking extends Followed {
  request: Request;
  params: { query?: string };
  req?: IncomingMessage;
  res?: ServerResponse;
  /** Its answer is sent little by little, for as long as the client takes it. */
  isStream?: boolean;
}

interface Options extends ContextOptions {
  streams: Streams;
  log: (text: string) => void;
}

/**
 * Delivers subscriptions: each event is read in a view of its own with the credential of its subscriber. Comes in place of
 * the executor, behind what decides whether an operation may run.
 */
export function useSubscriptions(options: Options): Plugin {
  const { streams, log } = options;
  const documents = new HeldDocuments();
  const contextOf = contextMaker(options, clockLog(log));
  const reading = new Reading(contextOf);

  const subscribe = async (given: ExecutionArgs): Promise<AsyncIterable<ExecutionResult> | ExecutionResult> => {
    const asking = given.contextValue as Asking;
    if (!TAKES_EVENTS.test(asking.request.headers.get('accept') ?? '*/*')) return { errors: [notAcceptable()] };
    const text = asking.params.query ?? print(given.document);
    const held = documents.hold(asking.principal.workspaceId, text, given.document, given.variableValues ?? {});
    try {
      const args = validateSubscriptionArgs({ ...given, document: held.document });
      const source = isErrors(args) ? { errors: args } : await sourceOf(args, contextOf(asking));
      if (!isErrors(args) && source instanceof LiveSource) {
        const operation = { args, source, name: `${held.name} ${given.operationName ?? ''}` };
        return await open(operation, asking, held.release);
      }
      held.release();
      return coded(source as ExecutionResult);
    } catch (error) {
      held.release();
      return coded({ errors: [asGraphql(error)] });
    }
  };

  const open = async (operation: Following, asking: Asking, release: () => void) => {
    const { source } = operation;
    const { req, res, request, principal } = asking;
    const subscriber: Subscriber = new Subscriber({
      read: (position, head, limit) => {
        const seer = { ...principal, restriction: following.follower.restriction };
        const { restriction, scopes, workspaceId } = seer;
        const key = JSON.stringify([workspaceId, restriction, [...scopes].sort(), operation.name, position, limit]);
        const read = () => reading.read(operation, { ...asking, principal: seer }, position, head, limit);
        return streams.batches.get(key, () => outside(read));
      },
      cursorAt: (position) => source.cursorAt(position),
      delivered: () => void streams.stats.delivered++,
      over: () => {
        streams.remove(subscriber);
        release();
      },
      failed: (error) => log(`A subscription has failed: ${describeError(error)}`),
      ...(req &&
        res && { socket: { isGone: () => res.closed || res.writableFinished, cut: () => req.socket.destroy() } }),
    });
    streams.add({ subscriber, principal, key: keyInUse(principal, request) });
    const restrictedBy = principal.restrictedBy ?? { ids: principal.restriction ?? null, names: [] };
    const following = await streams.watch
      .follow(principal.workspaceId, { restrictedBy, filter: source.filter }, source.after, subscriber)
      .catch((error) => {
        subscriber.end();
        throw error;
      });
    subscriber.begin(following);
    request.signal.addEventListener('abort', () => void subscriber.return(), { once: true });
    if (request.signal.aborted) await subscriber.return();
    asking.isStream = true;
    return subscriber;
  };

  return {
    onSubscribe({ setSubscribeFn }) {
      setSubscribeFn(subscribe);
    },
  };
}

/** Of what a client accepts: server-sent events. */
const TAKES_EVENTS = /(?:^|,)\s*(?:\*\/\*|text\/(?:\*|event-stream))\s*(?:[,;]|$)/i;
const notAcceptable = () =>
  refusal(406, 'NOT_ACCEPTABLE', 'A subscription is answered by server-sent events: send Accept: text/event-stream.');

/** What a field follows, or why it follows nothing. */
async function sourceOf(args: ValidatedSubscriptionArgs, context: Context): Promise<unknown> {
  try {
    return await createSourceEventStream({ ...args, contextValue: context });
  } finally {
    await context.reads.close();
  }
}

const isErrors = (args: ValidatedSubscriptionArgs | readonly GraphQLError[]): args is readonly GraphQLError[] =>
  Array.isArray(args);

const asGraphql = (error: unknown): GraphQLError =>
  error instanceof GraphQLError ? error : new GraphQLError((error as Error).message, { originalError: error as Error });

/** What is read for several, and later, is no part of the request that happens to ask for it. */
const outside = <T>(work: () => Promise<T>): Promise<T> => currentRequest.exit(() => currentWork.exit(work));
