import { InvalidArgumentError } from 'commander';
import { connect } from '../client/connect.ts';
import type { Execute } from '../client/execute.ts';
import type { Database } from '../db/database.ts';
import { ConfigError } from '../kernel/config-error.ts';
import type { Config } from '../library/config.ts';
import { type Measure, measureNames } from '../model/evaluation/measures.ts';
import { openEmbeddings } from './embeddings.ts';
import type { EvalWeights } from './evaluation/ask.ts';
import { requireWorkspace } from './existing-workspace.ts';
import type { Define } from './parser.ts';
import { readSettings } from './settings.ts';
import { type Surroundings, stopSignal } from './surroundings.ts';
import { withDatabase } from './with-database.ts';

interface Options {
  companion?: string;
  url?: string;
  weights?: EvalWeights;
  sweep?: boolean;
  least: Map<Measure, number>;
  save?: string;
  against?: string;
}

export const define: Define = (command, surroundings) => {
  command
    .argument('<file>', 'questions, a JSON object a line: see docs/evaluation.md')
    .option('--companion <key>', 'asked where a line names none')
    .option(
      '--url <url>',
      'GraphQL of a server that runs, with the key in PALIMPSEST_KEY (default: the database itself)',
    )
    .option('--weights <weights>', 'weights of recall, such as recency=0.2,importance=0', weights)
    .option('--sweep', 'ask the questions by other weights, too')
    .option('--least <measure=value>', 'fail below this, such as R@10=0.8; may be repeated', least, new Map())
    .option('--save <file>', 'where this run is saved')
    .option('--against <file>', 'a run that was saved: what has moved since')
    .action((file: string, options: Options) => evaluateFile(file, options, surroundings));
};

const weightNames = ['relevance', 'recency', 'importance', 'confidence'] as const;

function weights(given: string): EvalWeights {
  const read: EvalWeights = {};
  for (const each of given.split(',')) {
    const [name, value] = pairOf(each);
    const known = weightNames.find((one) => one === name);
    if (!known || value < 0) throw new InvalidArgumentError(`${weightNames.join(', ')} with 0 or more are expected`);
    read[known] = value;
  }
  return read;
}

function least(given: string, before: Map<Measure, number>): Map<Measure, number> {
  const [name, value] = pairOf(given);
  const measure = measureNames.find((one) => one === name);
  if (!measure || !(value >= 0 && value <= 1)) {
    throw new InvalidArgumentError(`One of ${measureNames.join(', ')} with a value from 0 to 1 is expected`);
  }
  return new Map(before).set(measure, value);
}

function pairOf(given: string): [string, number] {
  const at = given.indexOf('=');
  const value = at < 0 ? '' : given.slice(at + 1).trim();
  if (value === '' || !Number.isFinite(Number(value))) throw new InvalidArgumentError('NAME=NUMBER is expected');
  return [given.slice(0, at).trim(), Number(value)];
}

/** Asks questions whose answers are known, and says how many of them recall finds. */
async function evaluateFile(file: string, options: Options, surroundings: Surroundings): Promise<void> {
  const [{ readQuestions }, { readRun }, { evaluate }] = await Promise.all([
    import('./evaluation/questions.ts'),
    import('./evaluation/runs.ts'),
    import('./evaluation/command.ts'),
  ]);
  const { companion, url, weights = null, sweep = false, least, save, against } = options;
  const questions = await readQuestions(file, companion);
  const earlier = against === undefined ? null : await readRun(against);
  const evaluation = { questions, from: file, weights, sweeps: sweep, least, earlier, save };
  const signal = stopSignal(surroundings);
  const run = async (execute: Execute) => {
    await evaluate(execute, evaluation, signal).catch((error) => {
      if (!signal.aborted) throw error;
      console.log('Stopped.');
    });
  };
  if (url !== undefined) return run(remote(url, surroundings.env.PALIMPSEST_KEY));
  const config = readSettings(surroundings);
  await withDatabase(config, (database) => locally(database, config, run), { mustExist: true });
}

function remote(url: string, key: string | undefined): Execute {
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? ''))
    throw new ConfigError('--url: http:// or https:// is expected.');
  return connect({ url, key: key === '' ? undefined : key }).execute;
}

/** Asks the service over a database that is open, without a socket and without work in the background. */
async function locally(database: Database, config: Config, run: (execute: Execute) => Promise<void>): Promise<void> {
  await requireWorkspace(database, config);
  const [{ openWorkspace }, { createService }, { authenticateLocally }] = await Promise.all([
    import('../domain/workspace/workspaces.ts'),
    import('../http/server.ts'),
    import('../domain/credential/authenticate.ts'),
  ]);
  const embeddings = await openEmbeddings(config);
  const { workspaceId } = await openWorkspace(database, config.workspace, 'system:eval', embeddings.model);
  const { Reranker } = config.rerank ? await import('../domain/rerank/reranker.ts') : {};
  const service = createService({
    database,
    authenticate: authenticateLocally(workspaceId),
    embeddings,
    reranker: config.rerank && Reranker ? new Reranker(config.rerank, console.error) : null,
    graphiql: false,
    mcp: false,
    limits: config.limits,
    requests: { ...config.requests, ratePerMinute: 0 },
    log: console.error,
  });
  const { execute } = connect({
    url: 'http://localhost/graphql',
    fetch: (...request) => service.fetch(...request) as Promise<Response>,
  });
  try {
    await run(execute);
  } finally {
    await service.handle.dispose();
  }
}
