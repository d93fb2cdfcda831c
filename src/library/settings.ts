// Written by `npm run settings` from what src/library/config.ts declares.

/** The settings of a service in one’s own process, as docs/configuration.md describes them. */
export interface Settings {
  /** `none`: whoever reaches the server may do everything in WORKSPACE. `required`: each request brings an API key
   * or a JWT, which decides on the workspace. Allowed: `none`, `required`. Default: `required` where a JWT_… is
   * set, else `none`. */
  CREDENTIALS?: 'none' | 'required' | undefined;
  /** Whose JWTs are taken: their claim `iss`. It needs JWT_AUDIENCE, and JWT_JWKS_URL or JWT_SECRET. Allowed:
   * text. Default: no JWTs are taken. */
  JWT_ISSUER?: string | undefined;
  /** Whom JWTs must be meant for: their claim `aud`. Allowed: text. Default: none; needed with JWT_ISSUER. */
  JWT_AUDIENCE?: string | undefined;
  /** Where the public keys of the issuer are, as a JSON Web Key Set. Allowed: an http:// or https:// URL. Default:
   * none. */
  JWT_JWKS_URL?: string | undefined;
  /** Instead of JWT_JWKS_URL: the secret shared with the issuer, for HS256 to HS512. Allowed: at least 32
   * characters. Default: none. */
  JWT_SECRET?: string | undefined;
  /** The claim that holds the name of the workspace. Allowed: text. Default: `workspace`. */
  JWT_WORKSPACE_CLAIM?: string | undefined;
  /** The claim that holds the scopes `read`, `write` and `admin`: words separated by spaces, or a list. Allowed:
   * text. Default: `scope`. */
  JWT_SCOPES_CLAIM?: string | undefined;
  /** The claim that restricts a JWT to companions, by their keys: a name, or a list. A JWT without it is not
   * restricted to companions; one with an empty list sees nothing. Allowed: text. Default: no claim restricts to
   * companions. */
  JWT_COMPANIONS_CLAIM?: string | undefined;
  /** The same for users, by their external ids. Allowed: text. Default: no claim restricts to users. */
  JWT_USERS_CLAIM?: string | undefined;
  /** The schema of the PostgreSQL database that holds all tables; it is made where there is none. Another name is
   * another installation, with tables of its own. Allowed: a name in lower case; not public. Default:
   * `palimpsest`. */
  DATABASE_SCHEMA?: string | undefined;
  /** The role in PostgreSQL that requests run as; it is made where there is none. Roles belong to a whole server:
   * give each installation there one of its own. Allowed: a name in lower case. Default: `palimpsest_app`. */
  DATABASE_ROLE?: string | undefined;
  /** The same database as DATABASE_URL, past any pooler, for what needs a session of its own: migrations, making
   * the index of vectors, and telling other processes what is new for subscriptions. Allowed: a postgres:// URL.
   * Default: DATABASE_URL. */
  DIRECT_DATABASE_URL?: string | undefined;
  /** Prepare statements, once a connection. Set it to false behind a pooler that does not follow them, as
   * PgBouncer before 1.21, or with max_prepared_statements = 0. Allowed: `true`, `false`, `1`, `0`. Default:
   * `true`. */
  DATABASE_PREPARE?: boolean | undefined;
  /** How long a start waits for a PostgreSQL that is not there yet. What waiting does not mend, such as a wrong
   * password, ends it at once. Allowed: 0–3,600,000 ms. Default: `0`. */
  DATABASE_WAIT_MS?: number | undefined;
  /** The most connections to PostgreSQL held at once, by all WORKERS together. With CREDENTIALS=required a quarter
   * of them, one at least of each worker, is kept from any one workspace. Allowed: 2–1,000 connections. Default:
   * `16`. */
  DATABASE_POOL_SIZE?: number | undefined;
  /** The workspace served without credentials, and that of import, export, reembed, consolidate and eval. The
   * server and import create a new one. Allowed: 1–200 characters. Default: `default`. */
  WORKSPACE?: string | undefined;
  /** Fill a new workspace with the demo graph. Allowed: `true`, `false`, `1`, `0`. Default: `true` on the embedded
   * database without credentials, else `false`. */
  DEMO?: boolean | undefined;
  /** Serve GraphiQL to browsers: its page needs no credential, what it asks does. Allowed: `true`, `false`, `1`,
   * `0`. Default: `true` without credentials, else `false`. */
  GRAPHIQL?: boolean | undefined;
  /** Serve the explorer to browsers at /explore: its page needs no credential, what it asks does. Allowed: `true`,
   * `false`, `1`, `0`. Default: `true` without credentials, else `false`. */
  EXPLORER?: boolean | undefined;
  /** Serve the Model Context Protocol at /mcp, to whom GraphQL is served. Allowed: `true`, `false`, `1`, `0`.
   * Default: `true`. */
  MCP?: boolean | undefined;
  /** The key of the companion whose memory it is where an address of MCP names none, as `/mcp?companion=iris`
   * does. A credential that is restricted to one companion has that one. Allowed: 1–500 characters. Default:
   * `assistant`. */
  MCP_COMPANION?: string | undefined;
  /** The most a document may cost: the fields of the largest answer it can get, weighed. Allowed: 1–1,000,000,000
   * fields. Default: `250000`. */
  LIMIT_COMPLEXITY?: number | undefined;
  /** The most fields of a document nested in each other. Allowed: 1–1,000,000,000 fields. Default: `30`. */
  LIMIT_DEPTH?: number | undefined;
  /** The most fields and fragments in a document, counted wherever they are spread. Allowed: 1–1,000,000,000
   * fields. Default: `500`. */
  LIMIT_BREADTH?: number | undefined;
  /** The most words and signs of a document. Allowed: 1–1,000,000,000 tokens. Default: `10000`. */
  LIMIT_TOKENS?: number | undefined;
  /** The most bytes in the body of a request, packed and unpacked; more is answered 413. Allowed:
   * 1,000–1,000,000,000 bytes. Default: `1048576`. */
  MAX_BODY_BYTES?: number | undefined;
  /** The same of bulk mutations (createMemories, appendMessages, replaceMessages), if it is more. Allowed:
   * 1,000–1,000,000,000 bytes. Default: `25000000`. */
  MAX_BULK_BODY_BYTES?: number | undefined;
  /** The most bytes of requests that one process receives and answers at once: of their bodies, and of what is
   * made of them. More are answered 503. A request that is alone is never too large by this. Allowed:
   * 1,000–100,000,000,000 bytes. Default: `128000000`. */
  MAX_BYTES_IN_FLIGHT?: number | undefined;
  /** The same of the requests of one workspace. Allowed: 1,000–100,000,000,000 bytes. Default: `64000000`. */
  MAX_WORKSPACE_BYTES_IN_FLIGHT?: number | undefined;
  /** Requests a minute that one credential may send to one server; more are answered 429. 0: any number. Allowed:
   * 0–10,000,000 requests. Default: 6000; any number without credentials. */
  RATE_LIMIT_PER_MINUTE?: number | undefined;
  /** Requests of one workspace that one process answers at once; more are answered 503. Allowed: 1–100,000
   * requests. Default: `64`. */
  MAX_CONCURRENT_REQUESTS?: number | undefined;
  /** How long a request waits for a connection to the database before it is answered 503. The embedded database
   * has one alone. Allowed: 1–600,000 ms. Default: `5000` on PostgreSQL, `30000` on the embedded database. */
  DATABASE_POOL_WAIT_MS?: number | undefined;
  /** How long one statement of a read may take on PostgreSQL before it is cancelled. The embedded database cannot
   * cancel a statement. Allowed: 1–3,600,000 ms. Default: `30000`. */
  STATEMENT_TIMEOUT_MS?: number | undefined;
  /** Whose web pages may use the service: exact origins such as https://app.example, separated by commas. `*`, all
   * pages, needs CREDENTIALS=required. Allowed: origins, or `*`. Default: none. */
  CORS_ORIGINS?: string | undefined;
  /** Answer introspection: the schema, to who has a credential. Allowed: `true`, `false`, `1`, `0`. Default:
   * `true`. */
  INTROSPECTION?: boolean | undefined;
  /** Answer reads whose shape allows it by one statement for each of their fields, instead of one for each level:
   * the answers are the same. Allowed: `true`, `false`, `1`, `0`. Default: `true`. */
  COMPILED_READS?: boolean | undefined;
  /** Keep documents that a client sends with their SHA-256, so that clients of its workspace may then call them by
   * it (Apollo calls this APQ): in memory, up to 1,000 of a workspace. Not with PERSISTED_OPERATIONS. Allowed:
   * `true`, `false`, `1`, `0`. Default: `true`. */
  AUTOMATIC_PERSISTED_QUERIES?: boolean | undefined;
  /** A JSON file of documents by their SHA-256, which clients may then call by it. Allowed: a path. Default: none. */
  PERSISTED_OPERATIONS?: string | undefined;
  /** Refuse every document that is not in PERSISTED_OPERATIONS. Allowed: `true`, `false`, `1`, `0`. Default:
   * `false`. */
  PERSISTED_OPERATIONS_ONLY?: boolean | undefined;
  /** The most bytes of one answer, before it is compressed; twice as many may be read for it. More is
   * LIMIT_EXCEEDED, and nothing beyond it is held. Allowed: 10,000–1,000,000,000 bytes. Default: `16777216`. */
  MAX_ANSWER_BYTES?: number | undefined;
  /** The most bytes that one process holds for answers: of what is read for those being made, beyond which it
   * answers 503; and of what clients have not read yet, beyond which it closes the connections of those that have
   * been slowest. At least twice MAX_ANSWER_BYTES. Allowed: 1,000,000–100,000,000,000 bytes. Default:
   * `134217728`. */
  MAX_ANSWER_BYTES_IN_FLIGHT?: number | undefined;
  /** Subscriptions that one process has open at once; a further one is answered 503. 0: none. Allowed: 0–1,000,000
   * subscriptions. Default: `2500`. */
  MAX_SUBSCRIPTIONS?: number | undefined;
  /** The same of one workspace. Allowed: 0–1,000,000 subscriptions. Default: `1250`. */
  MAX_WORKSPACE_SUBSCRIPTIONS?: number | undefined;
  /** How long a subscriber may leave what there is for it. Then its last event is SUBSCRIBER_TOO_SLOW; if it does
   * not take that either, its connection is closed after as long again. Allowed: 100–3,600,000 ms. Default:
   * `10000`. */
  SLOW_SUBSCRIBER_MS?: number | undefined;
  /** What makes the vectors of memories and questions. `local`: a small English model in this process and their
   * spelling, or their spelling alone; nothing is sent anywhere. `openai`: OpenAI, or any server of its protocol.
   * `transformers`: a model in this process, by the package @huggingface/transformers, which is installed apart.
   * `none`: nothing, recall goes by words. Allowed: `openai`, `local`, `transformers`, `none`. Default: `local`. */
  EMBEDDING_PROVIDER?: 'openai' | 'local' | 'transformers' | 'none' | undefined;
  /** The key sent to the `openai` provider, of vectors and of answers. With OPENAI_BASE_URL it may be left out.
   * Allowed: visible characters. Default: none. */
  OPENAI_API_KEY?: string | undefined;
  /** Where the `openai` provider is, of vectors and of answers: up to before `/embeddings` and
   * `/chat/completions`. Allowed: an http:// or https:// URL. Default: `https://api.openai.com/v1`. */
  OPENAI_BASE_URL?: string | undefined;
  /** The name of the model. With `transformers` a name on the Hugging Face hub, or a folder where it begins with
   * `/` or `./`. With `local` `use-lite-en+hashing-1`, meaning and spelling, which needs the optional packages
   * @energetic-ai/*, some 300 MB of memory and English texts; or `hashing-1`, spelling alone. `none` has no
   * model. Allowed: at most 200 characters. Default: `text-embedding-3-small` with `openai`; needed with
   * `transformers`; with `local` the first, if it is installed, TEXT_SEARCH_CONFIG is `english` and no
   * EMBEDDING_DIMENSION is set. */
  EMBEDDING_MODEL?: string | undefined;
  /** The numbers in a vector. Known of the models of OpenAI, of which text-embedding-3-* also give fewer; needed
   * for other models with `openai`; `transformers` reads it from the model; with `local` that of `hashing-1`.
   * Allowed: 1–16,000 numbers. Default: 384 with `hashing-1`, else that of the model. */
  EMBEDDING_DIMENSION?: number | undefined;
  /** How long one request for vectors may take, its retries included. Allowed: 1–3,600,000 ms. Default: `5000`. */
  EMBEDDING_DEADLINE_MS?: number | undefined;
  /** The most texts in one request for vectors. Allowed: 1–2,048 texts. Default: `256`. */
  EMBEDDING_BATCH_SIZE?: number | undefined;
  /** The most tokens in one request to the `openai` provider, estimated: a third of the characters, and each
   * character from U+0250 up. A longer text goes alone. Allowed: 100–10,000,000 tokens. Default: `100000`. */
  EMBEDDING_BATCH_TOKENS?: number | undefined;
  /** How the server of the `openai` provider is told whether a text is a question or a memory: `cohere` and
   * `voyage` by `input_type`, in the words of each, `jina` by `task`. Allowed: `cohere`, `voyage`, `jina`.
   * Default: it is not told. */
  EMBEDDING_INPUT_TYPES?: 'cohere' | 'voyage' | 'jina' | undefined;
  /** A longer text is cut to this before it is sent, so that it fits what models read; its vector is that of its
   * beginning. A character beyond the Latin alphabet, U+0250 and up, counts as three. Allowed: 100–1,000,000
   * characters. Default: `20000`. */
  EMBEDDING_MAX_CHARACTERS?: number | undefined;
  /** What the model wants before a question, such as `query: `. Allowed: at most 1,000 characters. Default:
   * nothing. */
  EMBEDDING_QUERY_PREFIX?: string | undefined;
  /** What the model wants before a memory, such as `passage: `. Allowed: at most 1,000 characters. Default:
   * nothing. */
  EMBEDDING_DOCUMENT_PREFIX?: string | undefined;
  /** The share of vectors in recall; the rest is that of words. Allowed: a number, 0–1. Default: 0.03 with
   * `hashing-1`, 0.4 with `use-lite-en+hashing-1`, else 0.3. */
  EMBEDDING_VECTOR_WEIGHT?: number | undefined;
  /** Where a model puts the 50 best memories of a recall in order by how well they answer the question: the whole
   * address, such as https://api.cohere.com/v2/rerank, of a server of the protocol that Cohere, Jina, vLLM and
   * others share. Questions and contents are sent there. Allowed: an http:// or https:// URL. Default: nothing is
   * reranked. */
  RERANK_URL?: string | undefined;
  /** The name of the model at RERANK_URL. Allowed: at most 200 characters. Default: none is named. */
  RERANK_MODEL?: string | undefined;
  /** The key sent to RERANK_URL. Allowed: visible characters. Default: none is sent. */
  RERANK_API_KEY?: string | undefined;
  /** How long one request to RERANK_URL may take; after that the recall is not reranked. Allowed: 1–60,000 ms.
   * Default: `2000`. */
  RERANK_DEADLINE_MS?: number | undefined;
  /** What answers where a chat model is of use, as to answer questions and to confirm findings. `openai`: OpenAI,
   * or any server of its protocol, at OPENAI_BASE_URL with OPENAI_API_KEY; contents of memories are sent there.
   * `none`: nothing does. Allowed: `openai`, `none`. Default: `none`. */
  CHAT_PROVIDER?: 'openai' | 'none' | undefined;
  /** The name of the chat model. Allowed: at most 200 characters. Default: none; needed with CHAT_PROVIDER=openai. */
  CHAT_MODEL?: string | undefined;
  /** How long one question to the chat model may take, its retries included. Answers, proposals and summaries wait
   * for it. Allowed: 1–3,600,000 ms. Default: `30000`. */
  CHAT_DEADLINE_MS?: number | undefined;
  /** The most tokens of the chat model that one workspace uses in a day of UTC, questions and answers, on all
   * servers of its database together. What is left to be asked waits for the next day. Allowed:
   * 30,000–1,000,000,000,000 tokens. Default: `1000000`. */
  CHAT_DAILY_TOKENS?: number | undefined;
  /** When memories are consolidated in the background: `daily`: once a day for each companion; `threshold`: as
   * soon as CONSOLIDATE_THRESHOLD memories of a companion have been recorded since the last time; `off`: when
   * they are asked to be. Allowed: `off`, `daily`, `threshold`. Default: `off`. */
  CONSOLIDATE?: 'off' | 'daily' | 'threshold' | undefined;
  /** After how many memories of a companion CONSOLIDATE=threshold has them consolidated. Allowed: 1–10,000
   * memories. Default: `100`. */
  CONSOLIDATE_THRESHOLD?: number | undefined;
  /** The encoding that tokens of messages and of `context` are counted by: `o200k_base` is that of OpenAI’s models
   * since GPT-4o, `o200k_harmony` that of gpt-oss, `cl100k_base` that of GPT-3.5 and GPT-4. Other models’ counts
   * differ by some per cent. Allowed: `o200k_base`, `o200k_harmony`, `cl100k_base`. Default: `o200k_base`. */
  TOKENIZER?: 'o200k_base' | 'o200k_harmony' | 'cl100k_base' | undefined;
  /** The PostgreSQL text search configuration that words are read with. It is fixed when a workspace is made.
   * Allowed: a name such as english or simple. Default: `english`. */
  TEXT_SEARCH_CONFIG?: string | undefined;
  /** What is logged, on standard error. `warn`: what an operator may have to act on. `info`: also a line for each
   * GraphQL request. `debug`: also for probes and scrapes. Allowed: `error`, `warn`, `info`, `debug`, `silent`.
   * Default: `info`, at a terminal `warn`. */
  LOG_LEVEL?: 'error' | 'warn' | 'info' | 'debug' | 'silent' | undefined;
  /** `json`: an object a line. `text`: for people. Allowed: `json`, `text`. Default: `json`, at a terminal `text`. */
  LOG_FORMAT?: 'json' | 'text' | undefined;
  /** Serve metrics to Prometheus at /metrics. Allowed: `true`, `false`, `1`, `0`. Default: `true` where only this
   * machine can reach the server, or METRICS_TOKEN is set. */
  METRICS?: boolean | undefined;
  /** What /metrics wants as `Authorization: Bearer …`. Needed for metrics where other machines can reach the
   * server. Allowed: 16–200 visible characters. Default: none. */
  METRICS_TOKEN?: string | undefined;
  /** Where traces are sent by OTLP over HTTP; `/v1/traces` is put behind. Without it, or the next two, there are
   * no traces. Allowed: an http:// or https:// URL. Default: no traces. */
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  /** The same, and nothing is put behind. Allowed: an http:// or https:// URL. Default: no traces. */
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT?: string | undefined;
  /** `otlp`: traces even without an endpoint, which then is http://localhost:4318. `none`: no traces. Allowed:
   * `otlp`, `none`. Default: `otlp` where there is an endpoint. */
  OTEL_TRACES_EXPORTER?: 'otlp' | 'none' | undefined;
  /** `true`: no traces, whatever else is set. Anything else is taken for `false`. Allowed: `true`, `false`.
   * Default: `false`. */
  OTEL_SDK_DISABLED?: string | undefined;
  /** What traces call this service. Allowed: at most 200 characters. Default: `palimpsest`. */
  OTEL_SERVICE_NAME?: string | undefined;
  /** Which requests are traced. `parentbased_…`: as the caller says in `traceparent`, and only without one as the
   * rest of the name says. Allowed: `always_on`, `always_off`, `traceidratio`, `parentbased_always_on`,
   * `parentbased_always_off`, `parentbased_traceidratio`. Default: `parentbased_always_on`. */
  OTEL_TRACES_SAMPLER?:
    | 'always_on'
    | 'always_off'
    | 'traceidratio'
    | 'parentbased_always_on'
    | 'parentbased_always_off'
    | 'parentbased_traceidratio'
    | undefined;
  /** The share of requests that samplers with `traceidratio` take. Allowed: a number, 0–1. Default: `1`. */
  OTEL_TRACES_SAMPLER_ARG?: number | undefined;
  /** How long the audit trail is kept: refusals, and what operators and holders of ADMIN did. Allowed: 1–3,650
   * days. Default: `90`. */
  AUDIT_DAYS?: number | undefined;
  /** Send webhooks also to this machine and to private networks. Who has ADMIN can then have the server send
   * requests to any address it reaches there. Allowed: `true`, `false`, `1`, `0`. Default: `false`. */
  WEBHOOK_PRIVATE_ADDRESSES?: boolean | undefined;
}
