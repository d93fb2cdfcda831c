import type { Plugin } from 'graphql-yoga';
import { refusal } from './refusal.ts';

/** Answers 400 to variables and extensions in a URL that are no JSON: Yoga would take it for a failure of its own. */
export const useGetRequests = (): Plugin => ({
  onRequestParse({ request, requestParser, setRequestParser }) {
    if (request.method !== 'GET' || !requestParser) return;
    setRequestParser(async (given) => {
      try {
        return await requestParser(given);
      } catch (error) {
        if (!(error instanceof SyntaxError)) throw error;
        throw refusal(400, 'BAD_REQUEST', 'The variables and extensions in a URL must be JSON.');
      }
    });
  },
});
