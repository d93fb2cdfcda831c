import type { Worker } from 'node:cluster';

/** A message of node:cluster that hands a worker a connection; it answers with `ack` and `accepted`. */
interface NewConnection {
  cmd: string;
  act?: string;
  seq: number;
}

/**
 * A connection that is handed to a worker which dies before it takes it would never be answered, nor closed:
 * node:cluster waits for the worker's word, and its channel stays open until then. From now on node:cluster is told that
 * the worker is gone, and the connection goes to another one, or is closed where there is none. This reaches into the
 * messages of node:cluster; should they change, it does nothing.
 */
export function handOnWhenDead(worker: Worker, isAnotherThere: () => boolean): void {
  const { process } = worker;
  const emit = process.emit.bind(process) as (event: string, ...args: unknown[]) => boolean;
  const send = process.send.bind(process) as (...args: unknown[]) => boolean;
  let last: { message: NewConnection; handle: { close(): void } } | undefined;
  let isGone = false;
  process.send = ((...args: unknown[]) => {
    const [message, handle] = args as [NewConnection, { close(): void }];
    if (message?.act === 'newconn') last = { message, handle };
    return send(...args);
  }) as typeof process.send;
  process.once('disconnect', () => {
    isGone = true;
  });
  worker.once('exit', () => {
    if (worker.isConnected()) process.disconnect();
    if (!isGone) emit('disconnect');
    if (!last) return;
    const { message, handle } = last;
    // Where it had taken the connection, this side has closed it, and the answer is not waited for any more.
    if (isAnotherThere()) emit('internalMessage', { cmd: message.cmd, ack: message.seq, accepted: false });
    else handle.close();
  });
}
