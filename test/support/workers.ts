import { once } from 'node:events';
import { request } from 'node:http';
import { json } from 'node:stream/consumers';
import postgres from 'postgres';
import { inject } from 'vitest';
import { directUrl, withDatabase } from './database.ts';

export interface Answered {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: the shape is the document's
  body: any;
}

/** Sends JSON on a connection of its own: one after another such requests are taken by the workers in turn. */
export async function askAnew(url: string, body: object, headers: Record<string, string> = {}): Promise<Answered> {
  const { sent, answered } = send(url, JSON.stringify(body), headers);
  sent.end(JSON.stringify(body));
  return answered;
}

/** The same of a document alone. */
export const askDocument = (url: string, query: string, variables: object = {}) => askAnew(url, { query, variables });

/** Sends the head of a request at once, and its body when `finish` is called. */
export async function beginRequest(
  url: string,
  query: string,
): Promise<{ answered: Promise<Answered>; finish(): Promise<Answered> }> {
  const body = JSON.stringify({ query });
  const { sent, answered } = send(url, body, { expect: '100-continue' });
  sent.flushHeaders();
  await once(sent, 'continue');
  // Said where it is waited for.
  answered.catch(() => {});
  return {
    answered,
    finish() {
      sent.end(body);
      return answered;
    },
  };
}

function send(url: string, body: string, headers: Record<string, string>) {
  const sent = request(url, {
    method: 'POST',
    agent: false,
    headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), ...headers },
  });
  const answered = once(sent, 'response').then(async ([response]): Promise<Answered> => {
    return { status: response.statusCode, body: await json(response) };
  });
  return { sent, answered };
}

/** Databases of this file's own without tables, and what they are asked past the service. */
export async function makeEmptyDatabase(name: string) {
  const whole = `${inject('template')}_${name}`;
  const admin = postgres(directUrl as string, { max: 1, onnotice: () => {} });
  await admin.unsafe(`create database ${whole} template template0`);
  await admin.end();
  return {
    settings: {
      DATABASE_URL: withDatabase(process.env.TEST_DATABASE_URL as string, whole),
      DIRECT_DATABASE_URL: withDatabase(directUrl as string, whole),
    },
    sql: postgres(withDatabase(directUrl as string, whole), { max: 1, onnotice: () => {} }),
  };
}
