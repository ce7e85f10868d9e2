import type { HostConfig } from "../../../api/schema.ts";
import { invalidArgument, messageOf } from "../../../errors/errors.ts";
import { type Credentials, credentialsFrom } from "../../../images/registry/credentials.ts";
import type { Sessions } from "../../build/session/sessions.ts";
import type { BuildRequest } from "../../build/types.ts";
import type { Context } from "../../http/route.ts";

/**
 * POST /build as a request. Beside stock's parameters: `events=1` asks for what happens as {"aux":{"pequod":...}},
 * `allow=security.insecure`, and `nocachefilter=STAGE`.
 */
export async function readRequest(ctx: Context, sessions: Sessions): Promise<BuildRequest> {
  const query = (name: string): string => ctx.query.get(name) ?? "";
  const id = query("session");
  const rm = ctx.flag("rm", true);
  // Clients that want events or a trace know nothing of containers that a build leaves.
  const classic = !ctx.flag("events") && query("version") !== "2";
  return {
    remote: query("remote"),
    body: ctx.bytes(),
    dockerfile: query("dockerfile"),
    tags: ctx.query.getAll("t").filter((tag) => tag !== ""),
    buildArgs: json<Record<string, string | null>>(ctx, "buildargs", {}),
    labels: json<Record<string, string>>(ctx, "labels", {}),
    target: query("target"),
    noCache: ctx.flag("nocache"),
    noCacheStages: ctx.query.getAll("nocachefilter").map((name) => name.toLowerCase()),
    pull: ctx.flag("pull"),
    quiet: ctx.flag("q"),
    rm,
    forceRm: ctx.flag("forcerm") || (rm && !classic),
    cacheFrom: json<string[]>(ctx, "cachefrom", []).map(cacheSource),
    // The classic builder takes what is here, and says nothing of what is not.
    pullCaches: !classic,
    squash: ctx.flag("squash"),
    platform: query("platform"),
    host: hostOf(ctx),
    credentials: credentialsOf(ctx),
    session: id === "" ? undefined : await sessions.get(id, ctx.signal),
    send: destination(ctx),
    insecure: ctx.query.getAll("allow").includes("security.insecure"),
    signal: ctx.signal,
  };
}

/** "user/app:cache", or as BuildKit writes it: "type=registry,ref=user/app:cache". Errors: invalidArgument. */
function cacheSource(text: string): string {
  if (!/(?:^|,)(?:type|ref)=/.test(text)) return text;
  const fields = new Map(text.split(",").map((part) => part.split(/=(.*)/s, 2) as [string, string]));
  const type = fields.get("type") ?? "registry";
  if (type !== "registry") {
    throw invalidArgument(
      `cache of type ${JSON.stringify(type)} is not supported: name an image, or type=registry,ref=IMAGE`,
    );
  }
  const image = fields.get("ref");
  if (!image) throw invalidArgument(`${JSON.stringify(text)} names no image: ref= is missing`);
  return image;
}

/** `outputs`: [{"Type":"local","Attrs":{}}], of which there may be one. */
function destination(ctx: Context): "local" | "tar" | undefined {
  const outputs = json<{ Type?: string }[]>(ctx, "outputs", []);
  if (outputs.length > 1) throw invalidArgument("multiple outputs not supported");
  const type = outputs[0]?.Type ?? "moby";
  if (type === "local" || type === "tar") return type;
  if (["moby", "image", "cacheonly", ""].includes(type)) return undefined;
  throw invalidArgument(`exporter ${JSON.stringify(type)} could not be found`);
}

function json<T>(ctx: Context, name: string, fallback: T): T {
  const text = ctx.query.get(name);
  if (!text) return fallback;
  try {
    return (JSON.parse(text) as T | null) ?? fallback;
  } catch (cause) {
    throw invalidArgument(`error reading ${name}: ${messageOf(cause)}`, { cause });
  }
}

function hostOf(ctx: Context): HostConfig {
  const isolation = ctx.query.get("isolation") ?? "";
  if (isolation !== "" && isolation.toLowerCase() !== "default")
    throw invalidArgument(
      `Unsupported isolation: ${JSON.stringify(isolation)}: on Linux there is only "default"`,
    );
  const numbers: [keyof HostConfig, string][] = [
    ["Memory", "memory"],
    ["MemorySwap", "memswap"],
    ["CpuShares", "cpushares"],
    ["CpuPeriod", "cpuperiod"],
    ["CpuQuota", "cpuquota"],
    ["ShmSize", "shmsize"],
  ];
  const texts: [keyof HostConfig, string][] = [
    ["CpusetCpus", "cpusetcpus"],
    ["CpusetMems", "cpusetmems"],
    ["CgroupParent", "cgroupparent"],
    ["NetworkMode", "networkmode"],
  ];
  const host: Record<string, unknown> = {};
  for (const [field, name] of numbers) {
    const value = ctx.number(name);
    if (value) host[field] = value;
  }
  for (const [field, name] of texts) {
    const value = ctx.query.get(name);
    if (value) host[field] = value;
  }
  const extra = (ctx.query.get("extrahosts") ?? "").split(",").filter((one) => one !== "");
  if (extra.length > 0) host["ExtraHosts"] = extra;
  const ulimits = json<HostConfig["Ulimits"]>(ctx, "ulimits", []);
  if (ulimits?.length) host["Ulimits"] = ulimits;
  const security = securityOf(ctx);
  if (security.length > 0) host["SecurityOpt"] = security;
  return host;
}

/** A list in JSON, or, as stock clients have it, the parameter several times. */
function securityOf(ctx: Context): string[] {
  const given = ctx.query.getAll("securityopt").filter((text) => text !== "");
  return given[0]?.startsWith("[") ? json<string[]>(ctx, "securityopt", []) : given;
}

/** X-Registry-Config: base64 of {"registry": credentials}. */
function credentialsOf(ctx: Context): Record<string, Credentials> {
  const header = ctx.req.headers["x-registry-config"];
  if (typeof header !== "string" || header === "") return {};
  try {
    const all = JSON.parse(Buffer.from(header, "base64url").toString()) as Record<string, unknown>;
    return Object.fromEntries(Object.entries(all).map(([name, value]) => [name, credentialsFrom(value)]));
  } catch {
    return {};
  }
}
