/**
 * Which folder may import from which: the architecture as a table. Arrows point down only.
 * `bun hack/imports.ts` checks every import, also of types, and names each that breaks a rule, and each cycle.
 */
import { dirname, relative, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "..");

/** Folders that every other may use, and that use only each other. */
const LEAVES = [
  "memory",
  "lock",
  "errors",
  "version",
  "units",
  "log",
  "files",
  "flags",
  "oci",
  "proto",
  "protobuf",
  "linux",
  "reference",
];

const MAY_IMPORT: Record<string, string[]> = {
  errors: [],
  version: ["linux"],
  memory: [],
  lock: [],
  units: ["errors"],
  reference: ["errors"],
  log: ["errors"],
  files: ["errors"],
  flags: ["errors"],
  linux: ["errors", "files", "oci"],
  oci: ["errors"],
  proto: ["protobuf"],
  protobuf: ["errors"],
  archive: [...LEAVES],
  ttrpc: ["errors", "linux", "proto", "protobuf"],
  http2: ["errors"],
  grpc: ["errors", "http2", "proto", "protobuf"],
  dockerfile: ["errors", "units"],
  api: ["errors", "version", "units"],
  runtime: ["errors", "version", "oci", "linux", "files", "flags", "units", "protobuf"],
  shim: [...LEAVES, "ttrpc", "runtime"],
  storage: [...LEAVES, "archive"],
  network: [...LEAVES, "api"],
  images: [...LEAVES, "archive", "storage"],
  containerd: [...LEAVES, "archive", "storage", "ttrpc", "grpc"],
  ctr: [...LEAVES, "archive", "grpc", "images", "ttrpc"],
  cli: [...LEAVES, "api", "archive", "dockerfile", "grpc"],
  engine: [...LEAVES, "api", "archive", "dockerfile", "grpc", "images", "network", "storage"],
};

/** "src/cli/x.ts" → "cli"; "cmd/docker.ts" → "cmd". */
function folderOf(path: string): string {
  const [top, second] = path.split("/");
  return top === "src" ? second! : top!;
}

function importsOf(path: string, text: string): string[] {
  const found = text.matchAll(
    /(?:^|\n)\s*(?:import|export)\s[^;]*?from\s+"(\.[^"]+)"|import\("(\.[^"]+)"\)/g,
  );
  return [...found].map((match) => relative(ROOT, resolve(ROOT, dirname(path), (match[1] ?? match[2])!)));
}

function ruleBroken(from: string, to: string): string | undefined {
  const [source, target] = [folderOf(from), folderOf(to)];
  if (source === target || source === "cmd" || !from.startsWith("src/")) return undefined;
  if (to.startsWith(".build/")) return undefined;
  if (!to.startsWith("src/") && from.endsWith(".test.ts")) return undefined;
  if (!to.startsWith("src/")) return `${from} imports ${to}: src/ may import from src/ only`;
  const allowed = MAY_IMPORT[source];
  if (!allowed) return `${from}: the folder src/${source} is not in the table of hack/imports.ts`;
  if (from.endsWith(".test.ts") || allowed.includes(target)) return undefined;
  return `${from} imports ${to}: ${source} may import from ${allowed.join(", ") || "nothing"}`;
}

/** Cycles between files, each once, of imports that exist at run time. */
function findCycles(graph: Map<string, string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const visit = (file: string, trail: string[]): void => {
    const at = trail.indexOf(file);
    if (at >= 0) {
      cycles.push([...trail.slice(at), file]);
      return;
    }
    if (done.has(file)) return;
    for (const next of graph.get(file) ?? []) visit(next, [...trail, file]);
    done.add(file);
  };
  for (const file of graph.keys()) visit(file, []);
  return cycles;
}

const withoutTypes = (text: string) =>
  text.replace(/(?:^|\n)\s*(?:import|export)\s+type\s[^;]*?from\s+"[^"]+";?/g, "\n");

const problems: string[] = [];
const graph = new Map<string, string[]>();
for (const pattern of ["src/**/*.ts", "cmd/*.ts"]) {
  for (const path of new Bun.Glob(pattern).scanSync(ROOT)) {
    const text = await Bun.file(resolve(ROOT, path)).text();
    problems.push(...importsOf(path, text).flatMap((to) => ruleBroken(path, to) ?? []));
    graph.set(path, importsOf(path, withoutTypes(text).replace(/import\("[^"]+"\)/g, "")));
  }
}
for (const cycle of findCycles(graph)) problems.push(`cycle: ${cycle.join(" → ")}`);
for (const problem of problems) console.error(problem);
console.log(`${graph.size} files, ${problems.length} imports against the rules`);
process.exitCode = problems.length > 0 ? 1 : 0;
