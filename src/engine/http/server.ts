import { createServer, type IncomingMessage, type Server, ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import type { Socket } from "node:net";
import { EngineError, kindOf, messageOf, notFound } from "../../errors/errors.ts";
import { HTTP_STATUS } from "../../errors/http.ts";
import { API_VERSION, VERSION } from "../../version/version.ts";
import type { TLSOptions } from "../startup/tls.ts";
import { RequestContext } from "./context.ts";
import { type Guard, guardAnswer, shownBody } from "./guard.ts";
import type { Route } from "./route.ts";
import { Router } from "./router.ts";
import { requestVersion } from "./version.ts";

export interface ServerOptions {
  /** Serve over TLS. */
  tls?: TLSOptions;
  routes: Route[];
  /** Whether the answers say that experimental features are there. */
  experimental?: boolean;
  /** Told of every failure that is the server's own fault (status 500 and above), and in debug mode of all. */
  /** Asked whether a request, and its answer, may pass. */
  guard?: Guard;
  /** Told of each request that a route has dealt with. */
  handled?(route: Route, seconds: number): void;
  logFailure(request: string, status: number, error: unknown): void;
}

const VERSION_PREFIX = /^\/v(\d+\.\d+)(?=\/|$)/;

/** The Engine API over HTTP/1.1: finds the route, runs its handler, writes its errors as {"message"}. */
export function createApiServer(options: ServerOptions): Server {
  const router = new Router(options.routes);
  const handle = (req: IncomingMessage, res: ServerResponse) =>
    void serve(router, options, req, res, undefined);
  const server = options.tls ? createSecureServer(options.tls, handle) : createServer(handle);
  server.on("upgrade", (req: IncomingMessage, socket: Socket) => {
    socket.on("error", () => socket.destroy());
    const res = new ServerResponse(req);
    res.assignSocket(socket);
    res.shouldKeepAlive = false;
    void serve(router, options, req, res, socket);
  });
  server.requestTimeout = 0;
  server.timeout = 0;
  server.keepAliveTimeout = 0;
  return server;
}

async function serve(
  router: Router,
  options: ServerOptions,
  req: IncomingMessage,
  res: ServerResponse,
  upgrade: Socket | undefined,
): Promise<void> {
  let context: RequestContext | undefined;
  try {
    setCommonHeaders(res, options.experimental ?? false);
    context = await dispatch(router, options, req, res, upgrade);
  } catch (error) {
    context = (error as { context?: RequestContext }).context;
    answerError(options, req, res, error instanceof Failure ? error.cause : error, context);
  }
}

/** Carries the context of a failed request to where its error is answered. */
class Failure extends Error {
  readonly context: RequestContext;
  constructor(cause: unknown, context: RequestContext) {
    super("request failed", { cause });
    this.context = context;
  }
}

function setCommonHeaders(res: ServerResponse, experimental: boolean): void {
  res.setHeader("Api-Version", API_VERSION);
  res.setHeader("Docker-Experimental", String(experimental));
  res.setHeader("Ostype", "linux");
  res.setHeader("Server", `Docker/${VERSION} (linux)`);
}

async function dispatch(
  router: Router,
  options: ServerOptions,
  req: IncomingMessage,
  res: ServerResponse,
  upgrade: Socket | undefined,
): Promise<RequestContext> {
  const url = req.url ?? "/";
  const mark = url.indexOf("?");
  const whole = mark < 0 ? url : url.slice(0, mark);
  const prefix = VERSION_PREFIX.exec(whole);
  const path = prefix ? whole.slice(prefix[0].length) : whole;
  const version = requestVersion(prefix?.[1]);
  const found = router.find(req.method ?? "GET", path);
  if (!found || (found.route.since && !version.atLeast(found.route.since))) throw notFound("page not found");
  const query = new URLSearchParams(mark < 0 ? "" : url.slice(mark + 1));
  const signal = abortedWithClient(req, res, upgrade);
  const body = await askGuard(options.guard, req, res, upgrade);
  const parts = { req, res, upgrade, params: found.params, query, version, signal };
  const context = new RequestContext(body === undefined ? parts : { ...parts, body });
  const start = performance.now();
  try {
    await found.route.handle(context);
    options.handled?.(found.route, (performance.now() - start) / 1000);
  } catch (cause) {
    throw new Failure(cause, context);
  }
  return context;
}

/** Resolves to the request's body, if it had to be read. Errors: forbidden. */
async function askGuard(
  guard: Guard | undefined,
  req: IncomingMessage,
  res: ServerResponse,
  upgrade: Socket | undefined,
): Promise<Buffer | undefined> {
  if (!guard?.active) return undefined;
  const body = await shownBody(req);
  await guard.request(req, body);
  if (!upgrade) guardAnswer(guard, req, res);
  return body;
}

function abortedWithClient(
  req: IncomingMessage,
  res: ServerResponse,
  upgrade: Socket | undefined,
): AbortSignal {
  const controller = new AbortController();
  const abort = () => controller.abort();
  if (upgrade) upgrade.once("close", abort);
  else
    res.once("close", () => {
      if (!res.writableFinished) abort();
    });
  req.once("error", abort);
  return controller.signal;
}

function answerError(
  options: ServerOptions,
  req: IncomingMessage,
  res: ServerResponse,
  error: unknown,
  context: RequestContext | undefined,
): void {
  const status = HTTP_STATUS[kindOf(error)];
  if (kindOf(error) !== "cancelled") options.logFailure(`${req.method} ${req.url}`, status, error);
  if (context?.hijacked || res.headersSent) {
    res.socket?.destroy();
    return;
  }
  if (status === 304) {
    res.writeHead(304);
    res.end();
    return;
  }
  const body = Buffer.from(`${JSON.stringify({ message: messageOf(error), ...dataOf(error) })}\n`);
  res.writeHead(status, { "Content-Type": "application/json", "Content-Length": body.length });
  res.end(body);
  if (!req.complete) req.resume();
}

function dataOf(error: unknown): Record<string, unknown> {
  const body = error instanceof EngineError ? error.data?.["body"] : undefined;
  return typeof body === "object" && body !== null ? (body as Record<string, unknown>) : {};
}
