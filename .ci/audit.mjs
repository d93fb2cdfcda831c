// Asks the registry which packages that the service needs have known vulnerabilities. Fails from severity high on. A
// registry that does not answer such questions is reported in one line, and fails nothing.
import { spawnSync } from 'node:child_process';

const { stdout, error } = spawnSync('npm', ['audit', '--omit=dev', '--json'], { encoding: 'utf8', maxBuffer: 2 ** 27 });

/** What npm found, by severity; undefined where it could not ask. */
function countsOf(text) {
  try {
    return JSON.parse(text).metadata?.vulnerabilities;
  } catch {
    return undefined;
  }
}

const counts = countsOf(stdout);
if (error || !counts) {
  const why = /"message": "([^"]*)"/.exec(stdout ?? '')?.[1] ?? error?.message ?? 'no answer';
  console.log(`Vulnerabilities were not looked for: the registry does not serve audits (${why}).`);
} else {
  const { high = 0, critical = 0, total = 0 } = counts;
  console.log(`${total} known vulnerabilities, ${high + critical} of them high or critical.`);
  if (high + critical > 0) {
    for (const { name, severity, range } of Object.values(JSON.parse(stdout).vulnerabilities)) {
      console.log(`  ${severity}: ${name} ${range}`);
    }
    process.exitCode = 1;
  }
}
