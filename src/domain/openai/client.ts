import { OpenAI } from 'openai';

/** Where a server of OpenAI's protocol is, and what it is sent. */
export interface Endpoint {
  apiKey: string;
  baseUrl: string;
  /** How long a request may take, its retries included. */
  deadlineMs: number;
}

/** A client of such a server. `fetch`: what sends its requests; by default the platform's. */
export const openClient = ({ apiKey, baseUrl, deadlineMs }: Endpoint, fetch?: typeof globalThis.fetch): OpenAI =>
  new OpenAI({
    apiKey,
    baseURL: baseUrl,
    // What is left out here the library takes from the environment.
    organization: null,
    project: null,
    adminAPIKey: null,
    // Its log holds texts.
    logLevel: 'off',
    // Deadlines and retries are the caller's: it would sleep through the deadline where the server asks for a longer
    // pause, and forget what was asked.
    maxRetries: 0,
    timeout: 2 * deadlineMs,
    ...(fetch && { fetch }),
  });
