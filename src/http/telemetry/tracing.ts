import { setTimeout as sleep } from 'node:timers/promises';
import {
  type Attributes,
  type Context,
  createTraceState,
  ROOT_CONTEXT,
  type Span,
  SpanKind,
  type SpanOptions,
  SpanStatusCode,
  TraceFlags,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { defaultResource, detectResources, envDetector, resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  type Sampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { SamplerName, TracingSettings } from './settings.ts';

/**
 * So many spans below a request's own, at most: what comes later is done without, and counted in the request's span.
 */
const MAX_SPANS = 500;
/** A collector that takes longer does not keep the process. */
const STOP_TIMEOUT_MS = 3_000;
const OMITTED = 'palimpsest.spans.omitted';

/** What there is of one traced request. */
interface Trace {
  readonly tracer: Tracer;
  readonly root: Span;
  /**
   * The time of day in milliseconds, less that of the process's own clock: one for all spans, so that they fit each
   * other.
   */
  readonly clockOffsetMs: number;
  left: number;
  omitted: number;
}

/**
 * A piece of work within a traced request. Its span is made with the first thing that is done below it, or when it
 * turns out to take time: most resolvers answer at once, and nobody needs to see them.
 */
export class Work {
  readonly #trace: Trace;
  readonly #parent: Work | undefined;
  readonly #name: string;
  readonly #options: SpanOptions;
  #context: Context | undefined;
  #span: Span | undefined;
  /** When it ended, where it did so without a span. */
  #endedAt: number | undefined;

  private constructor(trace: Trace, name: string, options: SpanOptions, parent?: Work) {
    this.#trace = trace;
    this.#name = name;
    this.#options = options;
    this.#parent = parent;
  }

  /** The request itself. Returns nothing where it is not to be traced. */
  static root(tracer: Tracer, name: string, options: SpanOptions, context: Context): Work | undefined {
    const startTime = Date.now();
    const clockOffsetMs = startTime - performance.now();
    const root = tracer.startSpan(name, { ...options, startTime }, context);
    if (!root.isRecording()) return undefined;
    const work = new Work({ tracer, root, clockOffsetMs, left: MAX_SPANS, omitted: 0 }, name, options);
    work.#span = root;
    work.#context = trace.setSpan(context, root);
    return work;
  }

  /** Work below this, from now on; `CLIENT`: done by another, such as the database. */
  begin(name: string, attributes: Attributes = {}, kind: keyof typeof SpanKind = 'INTERNAL'): Work {
    return new Work(this.#trace, name, { kind: SpanKind[kind], startTime: this.#now(), attributes }, this);
  }

  get traceId(): string {
    return this.#trace.root.spanContext().traceId;
  }

  /** The span of this, for what is asked by a request of its own: W3C Trace Context. */
  get traceparent(): string | undefined {
    const span = trace.getSpan(this.#start())?.spanContext();
    return span && `00-${span.traceId}-${span.spanId}-${span.traceFlags.toString(16).padStart(2, '0')}`;
  }

  set(attributes: Attributes): void {
    this.#span?.setAttributes(attributes);
  }

  /** It is done; `failure` is a code, never a message. */
  end(failure?: string): void {
    this.#start();
    const span = this.#span;
    if (!span) return;
    if (failure !== undefined) span.setAttribute('error.type', failure).setStatus({ code: SpanStatusCode.ERROR });
    if (span === this.#trace.root && this.#trace.omitted > 0) span.setAttribute(OMITTED, this.#trace.omitted);
    span.end(this.#now());
  }

  /** It answered at once: it has a span only where something is done below it, be it later. */
  endAtOnce(): void {
    if (this.#span) this.end();
    else this.#endedAt = this.#now();
  }

  #now(): number {
    return this.#trace.clockOffsetMs + performance.now();
  }

  /** Makes the span, where there is room for one, and tells the context that what is below has. */
  #start(): Context {
    if (this.#context) return this.#context;
    const above = this.#parent ? this.#parent.#start() : ROOT_CONTEXT;
    if (this.#trace.left > 0) {
      this.#trace.left--;
      this.#span = this.#trace.tracer.startSpan(this.#name, this.#options, above);
      this.#context = trace.setSpan(above, this.#span);
      if (this.#endedAt !== undefined) this.#span.end(this.#endedAt);
    } else {
      this.#trace.omitted++;
      this.#context = above;
    }
    return this.#context;
  }
}

/** Traces requests, and sends their spans by OTLP. */
export class Tracing {
  readonly #provider: TracerProvider;
  readonly #tracer: Tracer;

  constructor({ url, serviceName, sampler, ratio }: TracingSettings) {
    this.#provider = new TracerProvider({
      resource: defaultResource()
        .merge(detectResources({ detectors: [envDetector] }))
        .merge(resourceFromAttributes({ 'service.name': serviceName })),
      sampler: samplerOf(sampler, ratio),
      spanProcessors: [new BatchSpanProcessor({ exporter: new OTLPTraceExporter({ url }) })],
    });
    this.#tracer = this.#provider.getTracer('palimpsest');
  }

  /** A request begins; `headers` may say that it is part of a trace. Returns nothing where it is not to be traced. */
  begin(name: string, attributes: Attributes, headers: Headers): Work | undefined {
    const options = { kind: SpanKind.SERVER, attributes };
    return Work.root(this.#tracer, name, options, parentOf(headers));
  }

  /** Sends what has not been sent yet. What cannot be sent is lost. */
  async stop(): Promise<void> {
    const sent = this.#provider.shutdown().catch(() => {});
    await Promise.race([sent, sleep(STOP_TIMEOUT_MS, undefined, { ref: false })]);
  }
}

/** `00-<trace>-<span>-<flags>`; later versions may say more behind. */
const TRACEPARENT = /^(?!ff)[\da-f]{2}-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(?:-.*)?$/;

/** The span of the caller, by the headers of W3C Trace Context. */
function parentOf(headers: Headers): Context {
  const [, traceId, spanId, flags] = TRACEPARENT.exec(headers.get('traceparent')?.trim() ?? '') ?? [];
  if (!traceId || !spanId || !flags) return ROOT_CONTEXT;
  const traceState = headers.get('tracestate');
  return trace.setSpanContext(ROOT_CONTEXT, {
    traceId,
    spanId,
    traceFlags: Number.parseInt(flags, 16) & TraceFlags.SAMPLED,
    isRemote: true,
    ...(traceState && { traceState: createTraceState(traceState) }),
  });
}

function samplerOf(name: SamplerName, ratio: number): Sampler {
  const root = name.endsWith('always_off')
    ? new AlwaysOffSampler()
    : name.endsWith('traceidratio')
      ? new TraceIdRatioBasedSampler(ratio)
      : new AlwaysOnSampler();
  return name.startsWith('parentbased_') ? new ParentBasedSampler({ root }) : root;
}
