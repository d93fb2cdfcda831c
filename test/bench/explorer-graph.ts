import { readdirSync, readFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { openPages } from '../support/browser.ts';
import { onEmbedded } from './databases.ts';
import { type BenchService, serve } from './service.ts';

const MEMORIES = 2_000;
const BATCH = 1_000;
/** Relations of a memory, on average. */
const DEGREE = 1.7;
const SECONDS = Number(process.env.SECONDS ?? 5);
const LAYOUT_MS = 300_000;

const CREATE = `mutation ($input: CreateMemoriesInput!) {
  createMemories(input: $input) { __typename ... on Error { message } }
}`;
const types = ['FACT', 'EXPERIENCE', 'PREFERENCE', 'INSTRUCTION', 'REFLECTION'];

/** A number in [0, 1) that the ones before it determine. */
function draws(seed: number) {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** Memories that are related to some of the sixty before them. */
async function fill({ send }: BenchService): Promise<void> {
  const draw = draws(1);
  for (let first = 0; first < MEMORIES; first += BATCH) {
    const memories = Array.from({ length: BATCH }, (_, index) => ({
      ref: String(index),
      type: types[Math.floor(draw() * types.length)],
      content: `Memory ${first + index} says something of its own that nothing else says.`,
      importance: Math.round(draw() * 100) / 10,
      confidence: 0.3 + 0.7 * draw(),
      isApart: true,
    }));
    const pairs = new Map<string, object>();
    while (pairs.size < BATCH * DEGREE) {
      const from = 1 + Math.floor(draw() * (BATCH - 1));
      const to = Math.max(0, from - 1 - Math.floor(draw() ** 2 * 60));
      const ends = { from: { ref: String(from) }, to: { ref: String(to) } };
      pairs.set(`${from} ${to}`, { ...ends, type: 'ELABORATES', strength: draw() });
    }
    const relations = [...pairs.values()];
    const { createMemories } = await send(CREATE, { input: { companion: { key: 'bench' }, memories, relations } });
    if (createMemories.message) throw new Error(createMemories.message);
  }
}

/** What a frame costs while the picture is dragged about: each is drawn to the end before it counts. */
const drag = (page: Page) =>
  page.evaluate(async (seconds) => {
    const layer = document.querySelector('.graph-canvas .sigma-mouse') as HTMLElement;
    const canvas = document.querySelector('.graph-canvas canvas') as HTMLCanvasElement;
    const gl = canvas.getContext('webgl2') as WebGL2RenderingContext;
    const { left, top, width, height } = layer.getBoundingClientRect();
    const send = (type: string, angle: number) =>
      layer.dispatchEvent(
        new PointerEvent(type, {
          bubbles: true,
          pointerId: 1,
          pointerType: 'mouse',
          isPrimary: true,
          button: 0,
          buttons: 1,
          clientX: left + width / 2 + 80 * Math.cos(angle),
          clientY: top + height / 2 + 80 * Math.sin(angle),
        }),
      );
    const pixel = new Uint8Array(4);
    send('pointerdown', 0);
    const began = performance.now();
    let frames = 0;
    while (performance.now() - began < seconds * 1_000) {
      send('pointermove', frames++ / 10);
      await new Promise((resolve) => requestAnimationFrame(resolve));
      gl.readPixels(0, 0, 1, 1, gl.RGBA, gl.UNSIGNED_BYTE, pixel);
    }
    const taken = performance.now() - began;
    send('pointerup', 0);
    return (frames * 1_000) / taken;
  }, SECONDS);

/** Seconds that cores have been busy in the processes of this browser. Linux alone says it. */
function cpuOfDrawing(): number {
  const TICKS_PER_SECOND = 100;
  const parents = new Map<number, number>();
  const busy = new Map<number, number>();
  for (const name of readdirSync('/proc').filter((each) => /^\d+$/.test(each))) {
    try {
      const [, rest = ''] = /\) (.*)/s.exec(readFileSync(`/proc/${name}/stat`, 'utf8')) ?? [];
      const fields = rest.split(' ');
      parents.set(Number(name), Number(fields[1]));
      busy.set(Number(name), Number(fields[11]) + Number(fields[12]));
    } catch {
      // It has ended meanwhile.
    }
  }
  const isOurs = (pid: number): boolean => {
    const parent = parents.get(pid);
    return parent !== undefined && (parent === process.pid || isOurs(parent));
  };
  const ticks = [...busy].filter(([pid]) => isOurs(pid)).reduce((sum, [, each]) => sum + each, 0);
  return ticks / TICKS_PER_SECOND;
}

async function measure(page: Page, how: string): Promise<void> {
  const busy = cpuOfDrawing();
  const frames = await drag(page);
  const perFrame = ((cpuOfDrawing() - busy) * 1_000) / (frames * SECONDS);
  console.log(`  ${frames.toFixed(1)} frames/s ${how}; each takes ${perFrame.toFixed(0)} ms of a core`);
}

/** How fast the explorer draws 2,000 memories without a graphics card, and what keeps its page busy meanwhile. */
export async function run(): Promise<void> {
  // No vectors are needed here.
  process.env.EMBEDDING_PROVIDER ??= 'none';
  await onEmbedded(async (database) => {
    const service = await serve(database, { explorer: true });
    const pages = await openPages();
    try {
      await fill(service);
      const began = performance.now();
      const { page } = await pages.open(new URL(`/explore#/graph?most=${MEMORIES}`, service.url).href);
      await page.evaluate(() => {
        const tasks: number[] = [];
        Object.assign(globalThis, { tasks });
        new PerformanceObserver((list) => {
          for (const { duration } of list.getEntries()) tasks.push(duration);
        }).observe({ entryTypes: ['longtask'] });
      });
      await page.locator('.graph-canvas').waitFor({ timeout: LAYOUT_MS });
      const seen = performance.now() - began;
      await page.locator('[data-resting=true]').waitFor({ timeout: LAYOUT_MS });
      const rested = performance.now() - began;
      const tasks = await page.evaluate(() => (globalThis as unknown as { tasks: number[] }).tasks.splice(0));
      console.log(
        `${await page.getByRole('heading', { name: /nodes,/ }).textContent()}: ` +
          `seen after ${(seen / 1_000).toFixed(1)} s, at rest after ${(rested / 1_000).toFixed(1)} s; ` +
          `the longest task ${Math.max(0, ...tasks).toFixed(0)} ms, ${tasks.length} above 50 ms`,
      );
      await measure(page, 'without tints, as so many nodes are shown at first');
      await page.getByText('More filters').click();
      await page.getByRole('checkbox', { name: /^Tint/ }).check();
      await page.getByText('More filters').click();
      await measure(page, 'with communities tinted');
    } finally {
      await pages.close();
      await service.stop();
    }
  });
}
