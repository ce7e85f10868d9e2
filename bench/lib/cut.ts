/** A front of a registry that breaks off in the middle, for pulls that have to go on. */

/** Passes everything on to a registry, and stops sending after so many bytes of blobs. */
export interface CutFront {
  /** "127.0.0.1:<port>" */
  host: string;
  /** Lets so many bytes through from now on, undefined for all. Then connections stay open and silent until the next call. */
  limit(bytes: number | undefined): void;
  /** Resolves when the limit has been reached. */
  reached(): Promise<void>;
  stop(): void;
}

export function startCutFront(registry: string): CutFront {
  let left = Number.POSITIVE_INFINITY;
  let spent = Promise.withResolvers<void>();
  let lifted = Promise.withResolvers<void>();
  const passed = (body: ReadableStream<Uint8Array>): ReadableStream<Uint8Array> => {
    const reader = body.getReader();
    return new ReadableStream({
      async pull(controller) {
        if (left <= 0) {
          spent.resolve();
          await lifted.promise;
          throw new Error("cut off");
        }
        const { value, done } = await reader.read();
        if (done) return controller.close();
        left -= value.length;
        controller.enqueue(value);
      },
      cancel: () => reader.cancel(),
    });
  };
  const server = Bun.serve({
    port: 0,
    hostname: "127.0.0.1",
    idleTimeout: 0,
    async fetch(request) {
      const { pathname, search } = new URL(request.url);
      const answer = await fetch(`http://${registry}${pathname}${search}`, {
        method: request.method,
        headers: request.headers,
        decompress: false,
      });
      if (!pathname.includes("/blobs/") || !answer.body) return answer;
      return new Response(passed(answer.body), answer);
    },
  });
  return {
    host: `127.0.0.1:${server.port}`,
    limit(bytes) {
      left = bytes ?? Number.POSITIVE_INFINITY;
      spent = Promise.withResolvers<void>();
      lifted.resolve();
      lifted = Promise.withResolvers<void>();
    },
    reached: () => spent.promise,
    stop: () => void server.stop(true),
  };
}
