/** Requests and answers are shown to authorization plugins before they go any further. */
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from "node:http";
import { kindOf, messageOf } from "../../errors/errors.ts";
import { HTTP_STATUS } from "../../errors/http.ts";

export interface Guard {
  readonly active: boolean;
  /** Errors: forbidden. */
  request(req: IncomingMessage, body: Buffer | undefined): Promise<void>;
  /** Errors: forbidden. */
  answer(req: IncomingMessage, status: number, headers: Record<string, string>, body: Buffer): Promise<void>;
}

const LONGEST_SHOWN = 1024 * 1024;

/** The body, if it is JSON of a length that is told and small enough; it is then gone from the connection. */
export async function shownBody(req: IncomingMessage): Promise<Buffer | undefined> {
  const length = Number(req.headers["content-length"] ?? 0);
  const json = (req.headers["content-type"] ?? "").startsWith("application/json");
  if (!json || length === 0 || length > LONGEST_SHOWN) return undefined;
  const chunks: Uint8Array[] = [];
  for await (const chunk of req) chunks.push(chunk as Uint8Array);
  return Buffer.concat(chunks);
}

/** Holds an answer that is written in one piece back until the guard has seen it. Streams go through as they come. */
export function guardAnswer(guard: Guard, req: IncomingMessage, res: ServerResponse): void {
  const [writeHead, write, end] = [res.writeHead.bind(res), res.write.bind(res), res.end.bind(res)];
  let status = 200;
  let headers: OutgoingHttpHeaders = {};
  let streaming = false;
  const release = () => {
    if (streaming) return;
    streaming = true;
    writeHead(status, headers);
  };
  const held = {
    writeHead(code: number, fields: OutgoingHttpHeaders = {}) {
      status = code;
      headers = fields;
      return res;
    },
    flushHeaders: release,
    write(chunk: Uint8Array) {
      release();
      return write(chunk);
    },
    end(chunk?: Uint8Array | (() => void)) {
      const body = typeof chunk === "function" || chunk === undefined ? Buffer.alloc(0) : Buffer.from(chunk);
      if (streaming) return end(...((chunk === undefined ? [] : [chunk]) as [Uint8Array]));
      void decide(body);
      return res;
    },
  };
  const decide = async (body: Buffer) => {
    try {
      await guard.answer(req, status, textOf(headers), body);
    } catch (error) {
      status = HTTP_STATUS[kindOf(error)];
      body = Buffer.from(`${JSON.stringify({ message: messageOf(error) })}\n`);
      headers = { "Content-Type": "application/json", "Content-Length": body.length };
    }
    release();
    if (body.length > 0) end(body);
    else end();
  };
  Object.assign(res, held);
}

const textOf = (headers: OutgoingHttpHeaders): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
