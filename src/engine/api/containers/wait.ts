import { invalidArgument } from "../../../errors/errors.ts";
import type { Container } from "../../containers/container.ts";
import type { Containers } from "../../containers/manager.ts";
import { WAIT_CONDITIONS, type WaitCondition, type WaitResult } from "../../containers/state/waiters.ts";
import type { Route } from "../../http/route.ts";

/** POST /containers/{id}/wait */
export function waitRoutes(containers: Containers): Route[] {
  return [
    {
      method: "POST",
      path: "/containers/{id}/wait",
      async handle(ctx) {
        const condition = (ctx.query.get("condition") || "not-running") as WaitCondition;
        if (!WAIT_CONDITIONS.includes(condition)) throw invalidArgument(`invalid condition: "${condition}"`);
        const container = containers.find(ctx.params["id"]!);
        const waiting = waitFor(container, condition, ctx.signal);
        // The client starts the container only once it knows that it is being waited for.
        ctx.res.writeHead(200, { "Content-Type": "application/json" });
        ctx.res.flushHeaders();
        const { exitCode, error } = await waiting.catch(() => ({ exitCode: 0, error: "cancelled" }));
        const answer =
          error === undefined
            ? { StatusCode: exitCode }
            : { StatusCode: exitCode, Error: { Message: error } };
        ctx.res.end(`${JSON.stringify(answer)}\n`);
      },
    },
  ];
}

function waitFor(container: Container, condition: WaitCondition, signal: AbortSignal): Promise<WaitResult> {
  const { waiters, state } = container;
  switch (condition) {
    case "next-exit":
      return waiters.exit(signal);
    case "removed":
      return container.removed ? Promise.resolve({ exitCode: state.exitCode }) : waiters.removal(signal);
    default:
      return state.isRunning ? waiters.exit(signal) : Promise.resolve({ exitCode: state.exitCode });
  }
}
