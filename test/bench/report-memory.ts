// Loaded into a server before its own code: tells, when asked by message, what memory it holds after collecting garbage.
declare const gc: () => void;

process.on('message', () => {
  gc();
  gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rss, heapUsed, external });
});
// Being asked is no reason to go on.
process.channel?.unref();
