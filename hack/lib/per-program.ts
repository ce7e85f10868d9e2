/**
 * A plugin for Bun's bundler that gives each program of the one executable modules of its own.
 *
 * The bundler puts what several programs share into chunks of their own, some hundred small ones, and each chunk that a
 * program loads costs it time at every start. With copies for each program, only what the program itself loads late is
 * split off: docker-runc and docker start 12 % faster, and the executable is 2 % larger.
 */
import { dirname, join, relative } from "node:path";
import type { BunPlugin } from "bun";

/** Where the copies seem to be: PROGRAMS/NAME/src/.... The same everywhere, so that the executable is as well. */
const PROGRAMS = "/programs/";

/**
 * Programs that are one chunk but for what they load late, which gets copies of its own: docker-runc would else start by
 * loading 30 chunks. No state may be shared between the two parts.
 */
const WHOLE = new Set(["docker-runc"]);
const LATE = "~late";

/** Other files, such as what the executable embeds, are no modules. */
const SCRIPT = /\.(ts|[cm]?js)$/;

/** The program and the path in the repository of a copy; undefined for a path that is none. */
function copyOf(path: string): { program: string; file: string } | undefined {
  if (!path.startsWith(PROGRAMS)) return undefined;
  const [program = "", ...file] = path.slice(PROGRAMS.length).split("/");
  return { program, file: file.join("/") };
}

/** `entry` is the absolute path of the module that imports a program by "./NAME.ts"; sources are below `root`. */
export function perProgram(root: string, entry: string): BunPlugin {
  const resolve = (path: string, importer: string, late: boolean): string | undefined => {
    const copy = copyOf(importer);
    if (importer === entry && path.startsWith("./"))
      return join(PROGRAMS, path.slice(2, -".ts".length), "cmd", path);
    if (copy === undefined || /^(node|bun):|^bun$/.test(path)) return undefined;
    const full = Bun.resolveSync(path, dirname(join(root, copy.file)));
    if (!SCRIPT.test(full)) return full;
    // Libraries have no part in a fast start: one copy for all.
    const own = late && WHOLE.has(copy.program) ? `${copy.program}${LATE}` : copy.program;
    const program = full.includes("/node_modules/") ? "all" : own;
    return join(PROGRAMS, program, relative(root, full));
  };
  return {
    name: "per-program",
    setup(build) {
      build.onResolve({ filter: /.*/ }, ({ path, importer, kind }) => {
        const found = resolve(path, importer, kind === "dynamic-import");
        return found === undefined ? undefined : { path: found };
      });
      build.onLoad({ filter: /^\/programs\// }, async ({ path }) => ({
        contents: await Bun.file(join(root, copyOf(path)!.file)).text(),
        loader: path.endsWith(".ts") ? "ts" : "js",
      }));
    },
  };
}
