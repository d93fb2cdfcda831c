import { createHash } from 'node:crypto';
import { compressed, type Encoding } from '../answers/compress.ts';
import { type ExplorerBundle, openBundle } from './bundle.ts';
import { explorerPage, type PageFacts } from './page.ts';

/** A file is compressed once, and sent often. */
const LEVEL = 9;

/** A form of a file that can be sent. */
export interface FileForm {
  bytes: Uint8Array<ArrayBuffer>;
  encoding: Encoding | undefined;
  /** Names these very bytes. */
  etag: string;
}

/** What the explorer's server has to send: opened when it is first asked for, and shared by all who ask. */
export class ExplorerFiles {
  readonly #facts: PageFacts;
  readonly #folder: string;
  readonly #forms = new Map<string, Promise<FileForm>>();
  #files: Promise<Map<string, Uint8Array<ArrayBuffer>> | undefined> | undefined;

  /** `folder`: where the files are, relative to the page. */
  constructor(folder: string, facts: PageFacts) {
    this.#folder = folder;
    this.#facts = facts;
  }

  /** Whether there is an explorer to send. Rejects where its sources cannot be bundled. */
  async isThere(): Promise<boolean> {
    return (await this.#open()) !== undefined;
  }

  /** A file by its name; the empty name is the page's. Undefined: there is none. */
  async form(name: string, encoding: Encoding | undefined): Promise<FileForm | undefined> {
    const bytes = (await this.#open())?.get(name);
    if (!bytes) return undefined;
    const key = `${name} ${encoding}`;
    const form = this.#forms.get(key) ?? makeForm(bytes, encoding);
    this.#forms.set(key, form);
    return form;
  }

  #open(): Promise<Map<string, Uint8Array<ArrayBuffer>> | undefined> {
    this.#files ??= openBundle().then((bundle) => bundle && this.#filesOf(bundle));
    // Asked again, it is tried again.
    this.#files.catch(() => {
      this.#files = undefined;
    });
    return this.#files;
  }

  #filesOf(bundle: ExplorerBundle): Map<string, Uint8Array<ArrayBuffer>> {
    const page = explorerPage(bundle, this.#folder, this.#facts);
    return new Map([
      ...bundle.files.map(({ name, bytes }): [string, Uint8Array<ArrayBuffer>] => [name, bytes]),
      ['', new TextEncoder().encode(page)],
    ]);
  }
}

async function makeForm(bytes: Uint8Array<ArrayBuffer>, encoding: Encoding | undefined): Promise<FileForm> {
  const digest = createHash('sha256').update(bytes).digest('base64url');
  const sent = encoding ? new Uint8Array(await compressed(Buffer.from(bytes.buffer), encoding, LEVEL)) : bytes;
  return { bytes: sent, encoding, etag: `"${digest}${encoding ? `-${encoding}` : ''}"` };
}
