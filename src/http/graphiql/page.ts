import { createHash } from 'node:crypto';
import { compressed, type Encoding } from '../answers/compress.ts';
import { exampleTabs } from './examples.ts';
import { openingScript, withShortComments } from './opening.ts';

/** It takes a second to make the page small, and ten to make it a few per cent smaller. */
const LEVEL = 5;

/** A form of the page that can be sent. */
export interface PageForm {
  bytes: Buffer;
  /** Names these very bytes. */
  etag: string;
  encoding: Encoding | undefined;
}

/** GraphiQL's page, made when it is first asked for: megabytes that all of its readers share. */
export class GraphiqlPage {
  readonly #html: Promise<Buffer>;
  readonly #digest: Promise<string>;
  readonly #forms = new Map<Encoding | undefined, Promise<PageForm>>();
  /** What the page may load and do, as the header Content-Security-Policy has it. */
  readonly policy: Promise<string>;

  constructor() {
    this.#html = render();
    this.#digest = this.#html.then((html) => createHash('sha256').update(html).digest('base64url'));
    this.policy = this.#html.then(policyOf);
  }

  /** The page in an encoding; undefined: as it is. */
  form(encoding: Encoding | undefined): Promise<PageForm> {
    const form = this.#forms.get(encoding) ?? this.#make(encoding);
    this.#forms.set(encoding, form);
    return form;
  }

  async #make(encoding: Encoding | undefined): Promise<PageForm> {
    const html = await this.#html;
    const bytes = encoding ? await compressed(html, encoding, LEVEL) : html;
    return { bytes, etag: `"${await this.#digest}${encoding ? `-${encoding}` : ''}"`, encoding };
  }
}

/**
 * As the page opens, each tab keeps a shift from where it was first laid out. GraphiQL hides that until the tab has the
 * focus: it would jump away from below the pointer then, and the first click on it would be lost.
 */
const TAB_STYLE = 'li.graphiql-tab { transform: none !important }';

async function render(): Promise<Buffer> {
  // The module is the page: nine megabytes that no other server has to hold.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const tabs = exampleTabs.map(({ query, ...tab }) => ({ ...tab, query: withShortComments(query) }));
  const page = await renderGraphiQL({ title: 'Palimpsest', defaultTabs: tabs });
  return Buffer.from(
    page.replace('</head>', () => `<style>${TAB_STYLE}</style><script>${openingScript(tabs)}</script></head>`),
  );
}

/**
 * Only the scripts that the page has, by their digests, and the workers that these make; requests to this server alone.
 * Its editor makes styles while it runs.
 */
function policyOf(html: Buffer): string {
  const scripts = [...html.toString().matchAll(/<script>(.*?)<\/script>/gs)].map(([, script = '']) => {
    return `'sha256-${createHash('sha256').update(script).digest('base64')}'`;
  });
  return [
    "default-src 'none'",
    `script-src ${scripts.join(' ')}`,
    "style-src 'unsafe-inline'",
    'img-src data:',
    'font-src data:',
    'worker-src blob:',
    "connect-src 'self'",
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
}
