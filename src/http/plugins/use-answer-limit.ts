import { type ExecutionResult, GraphQLError } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { ByteBudget, BytePool } from '../../db/byte-budget.ts';
import { Compressor, encodingFor } from '../answers/compress.ts';
import { JsonPieces, roomAfter } from '../answers/json-pieces.ts';
import type { Came } from '../requests/address.ts';
import { currentRequest } from '../telemetry/request-record.ts';

/** About the bytes of an answer that is made in one go: that takes a few milliseconds at most. */
const SMALL_BYTES = 131_072;
/** An answer below so many bytes is not worth compressing. */
const COMPRESSED_FROM_BYTES = 4_096;
/** Stands for the data of an answer that has been made already: no text of the database has this character. */
const MARK = '\u0000data';
/** Of what a client accepts: JSON, which is then what it gets. */
const TAKES_JSON = /(?:^|,)\s*(?:\*\/\*|application\/(?:\*|json|graphql-response\+json))\s*(?:[,;]|$)/i;

/**
 * The most bytes of an answer to a part of a request, which is taken apart and put together again in one go. For a model
 * it is more than enough.
 */
const PART_BYTES = 2 ** 20;

interface AnswerLimits {
  /** The most bytes of one answer. */
  maxAnswerBytes: number;
  /** The most bytes that may be held for all answers being made. */
  maxAnswerBytesInFlight: number;
}

/** What the rest of the request knows of it, and what it leaves for the end. */
interface Answering extends Came {
  /** What the request may read; its answer is judged by it, too. */
  budget: ByteBudget;
  /** The bytes of an answer that was made in pieces; '' for one that only may be compressed. */
  made?: Buffer | '';
}

/** A result that says itself how it becomes text, which Yoga asks for. */
type Stringified = ExecutionResult & { stringify?: (whole: ExecutionResult) => string };

/**
 * Bounds the bytes of answers: what is read for one, and what it comes to, each value as often as it is asked for.
 * Nothing is made beyond the bound, and no answer keeps others waiting while it is made. Compresses what is worth it.
 */
export function useAnswerLimit({ maxAnswerBytes, maxAnswerBytesInFlight }: AnswerLimits): Plugin<object, Answering> {
  const pool = new BytePool(Math.max(maxAnswerBytesInFlight, 2 * maxAnswerBytes));
  const compressor = new Compressor();
  const mostOf = ({ within }: Came) => (within ? Math.min(maxAnswerBytes, PART_BYTES) : maxAnswerBytes);
  const oneGo = Math.min(SMALL_BYTES, maxAnswerBytes / 6);
  return {
    onRequest({ serverContext, requestHandler, setRequestHandler }) {
      const budget = new ByteBudget(mostOf(serverContext), pool);
      serverContext.budget = budget;
      setRequestHandler(async (request, context) => {
        try {
          return await requestHandler(request, context);
        } finally {
          budget.release();
        }
      });
    },
    onResultProcess({ request, result, setResult, serverContext }) {
      if (Array.isArray(result) || Symbol.asyncIterator in result) return;
      const given = result as ExecutionResult;
      const { data, ...rest } = given;
      const room = roomAfter(data, given.errors || given.extensions ? roomAfter(rest, oneGo) : oneGo);
      // Most answers: nothing more is done with them.
      if (oneGo - room < COMPRESSED_FROM_BYTES) return;
      // As events or parts it would be made all at once, and never compressed.
      const isJson = TAKES_JSON.test(request.headers.get('accept') ?? '*/*');
      if (isJson) serverContext.made = '';
      if (room >= 0) return;
      if (!isJson) return setResult({ errors: [onlyAsJson()] });
      return makeInPieces(given, setResult as (result: Stringified) => void, serverContext);
    },
    onResponse({ request, response, setResponse, serverContext, fetchAPI }) {
      const { made } = serverContext;
      if (made === undefined) return;
      return send(made, request, response).then(({ bytes, status, headers }) => {
        setResponse(new fetchAPI.Response(bytes as Uint8Array<ArrayBuffer>, { status, headers }));
      });
    },
  };

  async function makeInPieces(given: ExecutionResult, setResult: (result: Stringified) => void, answering: Answering) {
    const { data, ...rest } = given;
    const most = mostOf(answering);
    const pieces = roomAfter(rest, most / 2) < 0 ? undefined : await piecesOf(data, most);
    if (!pieces) return setResult(refused(given, answering.budget));
    answering.made = pieces;
    setResult({ ...given, stringify: (whole) => JSON.stringify({ ...whole, data: MARK }) });
  }

  async function send(made: Buffer | '', request: Request, response: Response) {
    const { status, headers } = response;
    const text = await response.text();
    const whole = made === '' ? Buffer.from(text) : Buffer.concat(aroundMark(text, made));
    const encoding = encodingFor(request.headers.get('accept-encoding'));
    const smaller = encoding && (await compressor.compress(whole, encoding));
    headers.append('vary', 'Accept-Encoding');
    if (smaller) headers.set('content-encoding', encoding);
    headers.set('content-length', String((smaller ?? whole).length));
    return { bytes: smaller ?? whole, status, headers };
  }
}

/** The data of an answer as JSON; undefined where they have more bytes than that. */
async function piecesOf(data: unknown, limit: number): Promise<Buffer | undefined> {
  const pieces = new JsonPieces(limit);
  await pieces.value(data ?? null);
  return pieces.isTooLarge ? undefined : pieces.bytes;
}

function aroundMark(text: string, made: Buffer): Buffer[] {
  const mark = JSON.stringify(MARK);
  const at = text.lastIndexOf(mark);
  return [Buffer.from(text.slice(0, at)), made, Buffer.from(text.slice(at + mark.length))];
}

/** The answer in place of one that is too large. What a mutation has done stays done, and is said to be. */
function refused({ extensions }: ExecutionResult, budget: ByteBudget): ExecutionResult {
  const { code, message, limit, given, isAfterChange } = budget.tooLarge();
  currentRequest.getStore()?.codes.add(code);
  const http = isAfterChange ? {} : { http: { spec: true, status: 400 } };
  return {
    errors: [new GraphQLError(message, { extensions: { code, limit, given, ...http } })],
    ...(isAfterChange && { data: null }),
    ...(extensions && { extensions }),
  };
}

const onlyAsJson = () =>
  new GraphQLError('An answer of this size is given as JSON alone: send Accept: application/json.', {
    extensions: { code: 'NOT_ACCEPTABLE', http: { status: 406 } },
  });
