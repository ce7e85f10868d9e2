import { pack } from "../../../archive/pack.ts";
import { forbidden, invalidArgument, isNotFound } from "../../../errors/errors.ts";
import { closeFd } from "../../../linux/fd.ts";
import type { IDMap } from "../../../linux/id-map.ts";
import { O_PATH, openInRoot } from "../../../linux/openat2.ts";
import { tarOf } from "../../containers/archive/get.ts";
import { putArchive } from "../../containers/archive/put.ts";
import { type Located, locate, pathStat } from "../../containers/archive/stat.ts";
import { openView, type View } from "../../containers/archive/view.ts";
import type { Container } from "../../containers/container.ts";
import { publish } from "../../containers/events.ts";
import type { Containers } from "../../containers/manager.ts";
import { resolveUser } from "../../containers/rootfs/user.ts";
import { idsOf } from "../../containers/userns.ts";
import type { Context, Route } from "../../http/route.ts";

/** Files of a container. */
export function archiveRoutes(containers: Containers): Route[] {
  const { env } = containers;
  /** Runs with the file that the request names, its stat in the answer's header. */
  const withFile = async (
    ctx: Context,
    use: (located: Located, container: Container, path: string) => Promise<void>,
  ) => {
    const container = containers.find(ctx.params["id"]!);
    const asked = pathOf(ctx);
    const view = await openView(env, container, asked);
    try {
      const located = locate(view, container, asked);
      try {
        const stat = JSON.stringify(pathStat(view, located));
        ctx.res.setHeader("X-Docker-Container-Path-Stat", Buffer.from(stat).toString("base64"));
        await use(located, container, asked);
      } finally {
        located.close();
      }
    } finally {
      await view.close();
    }
  };
  return [
    {
      method: "GET",
      path: "/containers/{id}/export",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        const layer = env.images.layers.getRWLayer(container.id);
        const root = await layer.mount();
        try {
          await ctx.stream("application/octet-stream", pack(root, { ids: idsOf(env) }));
        } finally {
          await layer.unmount();
        }
        publish(env, container, "export");
      },
    },
    {
      method: "HEAD",
      path: "/containers/{id}/archive",
      handle: (ctx) => withFile(ctx, async () => ctx.empty(200)),
    },
    {
      method: "GET",
      path: "/containers/{id}/archive",
      handle: (ctx) =>
        withFile(ctx, async (located, container) => {
          publish(env, container, "archive-path");
          const own = new Set([
            ...Object.keys(container.facts.mountPoints),
            ...Object.keys(container.hostConfig.Tmpfs ?? {}),
          ]);
          const options = { ids: idsOf(env), isMount: (path: string) => own.has(path) };
          await ctx.stream("application/x-tar", tarOf(located, options));
        }),
    },
    {
      method: "PUT",
      path: "/containers/{id}/archive",
      async handle(ctx) {
        const container = containers.find(ctx.params["id"]!);
        const asked = pathOf(ctx);
        const view = await openView(env, container, asked);
        try {
          await put(ctx, container, view, asked, idsOf(env));
          publish(env, container, "extract-to-dir");
        } finally {
          await view.close();
        }
        ctx.empty(200);
      },
    },
  ];
}

function pathOf(ctx: Context): string {
  const path = ctx.query.get("path") ?? "";
  if (path === "") throw invalidArgument("bad parameter: path cannot be empty");
  return path;
}

/** Errors: notFound, invalidArgument. */
function requireFolder(view: View, container: Container, asked: string): void {
  try {
    locate(view, container, asked.endsWith("/") ? asked : `${asked}/`).close();
  } catch (error) {
    if (isNotFound(error) && isThere(view))
      throw invalidArgument("extraction point is not a directory", { cause: error });
    throw error;
  }
}

function isThere({ root, path }: View): boolean {
  try {
    closeFd(openInRoot(root, path, O_PATH));
    return true;
  } catch {
    return false;
  }
}

async function put(
  ctx: Context,
  container: Container,
  view: View,
  asked: string,
  ids: IDMap | undefined,
): Promise<void> {
  requireFolder(view, container, asked);
  if (!view.writable)
    throw forbidden(`${view.mounted ? "mounted volume" : "container rootfs"} is marked read-only`);
  const { User = "" } = container.config;
  const chown = ctx.flag("copyUIDGID") && User !== "";
  await putArchive(view, ctx.bytes(), {
    ids,
    noOverwriteDirNonDir: ctx.flag("noOverwriteDirNonDir"),
    ...(chown ? { owner: resolveUser(`/proc/self/fd/${view.root}`, User) } : {}),
  });
}
