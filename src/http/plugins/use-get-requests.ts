import type { GraphQLParams, Plugin } from 'graphql-yoga';
import { boundsOf, readQueryString } from '../requests/parameters.ts';
import { Refused } from '../requests/refused.ts';
import { refusalFor } from './refusal.ts';

/** Reads what a GET asks in its URL, as a body is read. */
export const useGetRequests = (): Plugin => ({
  onRequestParse({ request, url, requestParser, setRequestParser }) {
    if (request.method !== 'GET' || !requestParser) return;
    setRequestParser(async () => {
      try {
        const { parameters } = await readQueryString(url.searchParams, boundsOf(false));
        return parameters as GraphQLParams;
      } catch (error) {
        throw error instanceof Refused ? refusalFor(error) : error;
      }
    });
  },
});
