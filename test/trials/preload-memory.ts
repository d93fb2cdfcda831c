// Loaded into a server under trial: at SIGUSR2 it collects garbage and prints its memory to standard error.
process.on('SIGUSR2', () => {
  globalThis.gc?.();
  setTimeout(() => {
    globalThis.gc?.();
    process.stderr.write(`MEMORY ${JSON.stringify(process.memoryUsage())}\n`);
  }, 50);
});
