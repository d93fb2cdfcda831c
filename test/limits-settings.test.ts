import { expect, test } from 'vitest';
import { defaultRequestSettings } from '../src/http/requests/settings.ts';
import { ConfigError, readConfig } from '../src/library/config.ts';

test('without settings, requests are limited as the defaults say', () => {
  const { requests, poolWaitMs, persistedOperations } = readConfig({});
  expect(requests).toEqual(defaultRequestSettings);
  // Each database has a wait of its own.
  expect([poolWaitMs, persistedOperations]).toEqual([undefined, undefined]);
});

test('each limit has a setting', () => {
  const { requests, poolWaitMs, persistedOperations } = readConfig({
    MAX_BODY_BYTES: '1000',
    MAX_BULK_BODY_BYTES: '1001',
    MAX_BYTES_IN_FLIGHT: '1002',
    MAX_WORKSPACE_BYTES_IN_FLIGHT: '1003',
    RATE_LIMIT_PER_MINUTE: '0',
    AUTH_FAILURES_PER_MINUTE: '1',
    TRUST_PROXY: '2',
    MAX_CONCURRENT_REQUESTS: '3',
    STATEMENT_TIMEOUT_MS: '4',
    CORS_ORIGINS: 'https://app.example, http://localhost:3000',
    INTROSPECTION: 'false',
    COMPILED_READS: 'false',
    AUTOMATIC_PERSISTED_QUERIES: 'false',
    REQUEST_TIMEOUT_MS: '500',
    KEEP_ALIVE_TIMEOUT_MS: '600',
    MAX_CONNECTIONS: '7',
    DATABASE_POOL_WAIT_MS: '8',
    PERSISTED_OPERATIONS: 'operations.json',
    MAX_CONNECTIONS_PER_ADDRESS: '5',
    MAX_ANSWER_BYTES: '20000',
    MAX_ANSWER_BYTES_IN_FLIGHT: '2000000',
    PERSISTED_OPERATIONS_ONLY: 'true',
    MAX_SUBSCRIPTIONS: '9',
    MAX_WORKSPACE_SUBSCRIPTIONS: '10',
    SLOW_SUBSCRIBER_MS: '1100',
  });
  expect(requests).toEqual({
    maxBodyBytes: 1_000,
    maxBulkBodyBytes: 1_001,
    maxBytesInFlight: 1_002,
    maxWorkspaceBytesInFlight: 1_003,
    ratePerMinute: 0,
    authFailuresPerMinute: 1,
    trustedProxies: 2,
    maxConcurrentRequests: 3,
    statementTimeoutMs: 4,
    corsOrigins: ['https://app.example', 'http://localhost:3000'],
    introspection: false,
    compiledReads: false,
    automaticPersistedQueries: false,
    requestTimeoutMs: 500,
    keepAliveTimeoutMs: 600,
    maxConnections: 7,
    maxConnectionsPerAddress: 5,
    maxAnswerBytes: 20_000,
    maxAnswerBytesInFlight: 2_000_000,
    maxStreams: 9,
    maxWorkspaceStreams: 10,
    slowSubscriberMs: 1_100,
  });
  expect([poolWaitMs, persistedOperations]).toEqual([8, { file: 'operations.json', only: true }]);
});

test('every web page may be let in, but then that is all there is to say', () => {
  expect(readConfig({ CORS_ORIGINS: '*', CREDENTIALS: 'required' }).requests.corsOrigins).toEqual(['*']);
  expect(() => readConfig({ CORS_ORIGINS: '*' })).toThrow(/would let every web page use a server/);
});

test.each([
  'https://app.example/',
  'https://app.example/path',
  'app.example',
  'https://*.example',
  'https://app.example,',
  '*,https://app.example',
  'null',
  'HTTPS://App.Example',
])('CORS_ORIGINS=%s is refused: no browser sends that', (given) => {
  expect(() => readConfig({ CORS_ORIGINS: given })).toThrow(
    /^The environment has wrong settings: CORS_ORIGINS: origins as browsers send them are expected, such as [^\n]+\.$/,
  );
});

test('PERSISTED_OPERATIONS_ONLY without a file is refused', () => {
  expect(() => readConfig({ PERSISTED_OPERATIONS_ONLY: 'true' })).toThrow(
    new ConfigError('PERSISTED_OPERATIONS_ONLY needs PERSISTED_OPERATIONS: set that to a file, too.'),
  );
});
