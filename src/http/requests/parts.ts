const parts = new WeakSet<Request>();

/** Marks a request that the service makes itself, as a part of another: its document is one of ours. */
export function asPart(request: Request): Request {
  parts.add(request);
  return request;
}

export const isPart = (request: Request): boolean => parts.has(request);
