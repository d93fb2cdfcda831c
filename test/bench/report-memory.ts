// Loaded into a server before its own code: answers a message with the memory that is held after collecting garbage.
declare const gc: () => void;

process.on('message', () => {
  gc();
  gc();
  const { rss, heapUsed, external } = process.memoryUsage();
  process.send?.({ rss, heapUsed, external });
});
// Being asked is no reason to go on.
process.channel?.unref();
