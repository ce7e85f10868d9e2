import { invalidArgument } from "../../../errors/errors.ts";
import type { Sessions } from "../../build/session/sessions.ts";
import type { Context } from "../../http/route.ts";

const header = (ctx: Context, name: string): string[] => {
  const value = ctx.req.headers[`x-docker-expose-session-${name}`];
  return value === undefined ? [] : [value].flat().flatMap((text) => text.split(/,\s*/));
};

/**
 * POST /session: the client becomes a gRPC server on its own connection, until it ends it. Errors: invalidArgument, if it
 * does not ask for "Upgrade: h2c".
 */
export async function serveSession(sessions: Sessions, ctx: Context): Promise<void> {
  const wanted = String(ctx.req.headers.upgrade ?? "").toLowerCase();
  if (wanted !== "h2c")
    throw invalidArgument("session needs an upgrade of the connection: want Upgrade: h2c");
  const [id = ""] = header(ctx, "uuid");
  await sessions.serve(id, header(ctx, "grpc-method"), () => ctx.upgrade("h2c"));
}
