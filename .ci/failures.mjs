// Names the tests that failed, each with the first lines of what it said, from vitest's JSON reports: `failures.mjs
// REPORT…`.
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';

const LINES = 12;
const reports = process.argv.slice(2).filter((path) => existsSync(path));
/** What a report says of each file; nothing where it was cut off. */
function resultsOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8')).testResults;
  } catch (error) {
    console.log(`\n${basename(path)} cannot be read: ${error.message}`);
    return [];
  }
}

for (const path of reports) {
  const testResults = resultsOf(path);
  for (const { name, status, message, assertionResults } of testResults) {
    const failed = assertionResults.filter((test) => test.status === 'failed');
    // A file can fail as a whole, before its first test or after its last.
    if (status === 'failed' && failed.length === 0) failed.push({ fullName: 'the file', failureMessages: [message ?? ''] });
    for (const { fullName, failureMessages } of failed) {
      console.log(`\nfailed on ${basename(path, '.json')}: ${basename(name)}: ${fullName}`);
      const lines = failureMessages.join('\n').split('\n').filter((line) => !/^\s+at .*node_modules/.test(line));
      console.log(lines.slice(0, LINES).join('\n'));
    }
  }
}
