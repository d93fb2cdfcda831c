import type { Plugin } from 'graphql-yoga';
import { describeError } from '../../kernel/describe-error.ts';
import { encodingFor } from '../answers/compress.ts';
import { ExplorerFiles, type FileForm } from '../explorer/files.ts';
import { EXPLORER_POLICY } from '../explorer/page.ts';
import { hasForm } from './has-form.ts';

/** Where the explorer is; its files are in the folder of the same name. */
export const EXPLORER_PATH = '/explore';
const FOLDER = EXPLORER_PATH.slice(1);
/** The page, or one of its files, also behind a proxy that puts a path before it. */
const ADDRESS = new RegExp(`${EXPLORER_PATH}(?:(?<slash>/)(?<name>[\\w.-]*))?$`);

const SAFE = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' };
const NOT_BUILT =
  'The explorer is not in this installation. Run `npm run build` in the repository, or install it with its ' +
  'development packages, and start the server again.\n';
const BROKEN = 'The explorer cannot be bundled: the log of the server says why.\n';

/** Serves the explorer to browsers. It needs no credential; what it asks does. Its addresses are relative ones. */
export function useExplorer(
  endpoint: string,
  {
    isServed,
    log,
    ...has
  }: { isServed: boolean; graphiql: boolean; subscriptions: boolean; log: (text: string) => void },
): Plugin<object, { isShared?: boolean }> {
  if (!isServed) return {};
  const files = new ExplorerFiles(FOLDER, { graphql: endpoint.slice(1), ...has });
  return {
    async onRequest({ request, url, fetchAPI, endResponse, serverContext }) {
      const address = ADDRESS.exec(url.pathname);
      if (!address || !/^(?:GET|HEAD)$/.test(request.method)) return;
      const { slash, name = '' } = address.groups ?? {};
      const answer = (status: number, body: string | Uint8Array<ArrayBuffer> | null, headers: Record<string, string>) =>
        endResponse(new fetchAPI.Response(request.method === 'HEAD' ? null : body, { status, headers }));
      const say = (status: number, text: string) =>
        answer(status, text, { ...SAFE, 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' });
      // Seen from there the files would be elsewhere.
      if (slash && name === '') return answer(308, null, { location: `../${FOLDER}${url.search}` });
      const accepted = encodingFor(request.headers.get('accept-encoding'));
      let form: FileForm | undefined;
      try {
        if (!(await files.isThere())) return say(503, NOT_BUILT);
        form = await files.form(name, accepted === 'deflate' ? undefined : accepted);
      } catch (error) {
        log(describeError(error));
        return say(503, BROKEN);
      }
      if (!form) return say(404, 'The explorer has no such file.\n');
      const headers = headersOf(name, form);
      if (hasForm(request.headers.get('if-none-match'), form.etag)) return answer(304, null, headers);
      serverContext.isShared = true;
      answer(200, form.bytes, { ...headers, 'content-length': String(form.bytes.length) });
    },
  };
}

/** A file has a digest in its name, and never changes; the page names other files when these do. */
const headersOf = (name: string, { etag, encoding }: FileForm): Record<string, string> => ({
  ...SAFE,
  etag,
  vary: 'Accept-Encoding',
  'content-type': typeOf(name),
  'cache-control': name === '' ? 'no-cache' : 'public, max-age=31536000, immutable',
  ...(name === '' && { 'content-security-policy': EXPLORER_POLICY }),
  ...(encoding && { 'content-encoding': encoding }),
});

function typeOf(name: string): string {
  if (name === '') return 'text/html; charset=utf-8';
  return name.endsWith('.css') ? 'text/css; charset=utf-8' : 'text/javascript; charset=utf-8';
}
