/**
 * `make build-real`: Dockerfiles as people write them (test/build/real/), with packages from the host's own Debian source
 * and npm registry, built by our engine and by stock 20.10: configuration, history and layers must be the same. Takes
 * minutes and the host's network, and so is no part of `make test`. Names of files pick some.
 */
import { copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { npmSource } from "../../hack/lib/relay.ts";
import { NODE, writeHostImage } from "./host-image.ts";
import type { Outcome } from "./outcome.ts";
import { writePackages } from "./packages.ts";
import { startPair } from "./pair.ts";

const FILES = join(import.meta.dir, "real");
const BASE = process.env["BASE_ARCHIVE"] ?? resolve(import.meta.dir, "../../.build/base-image.tar");
/** What has the time, or an inode's number, in it. */
const VOLATILE = /^var\/log\/|^var\/cache\/|^var\/lib\/apt\/|^root\/\.npm|^etc\/.*-$|^run\//;

const CONTEXT: Record<string, string> = {
  "site/index.html": "<h1>It works</h1>\n",
  "site/css/main.css": "h1 { color: teal }\n",
  "site.conf": "server { listen 80; root /usr/share/nginx/html; }\n",
  "entrypoint.sh": '#!/bin/sh\nset -e\nexec "$@"\n',
  "program/main.c": '#include <stdio.h>\nint main(void) { puts("version " VERSION); return 0; }\n',
  "program/Makefile":
    "CFLAGS = -O2 -Wall -DVERSION='\"$(VERSION)\"' $(if $(STATIC),-static)\nprogram: main.c\n\t$(CC) $(CFLAGS) -o $@ $<\ncheck: program\n\t./program\n",
  "app/package.json": JSON.stringify({
    name: "app",
    version: "1.0.0",
    private: true,
    dependencies: { ms: "2.1.3" },
    devDependencies: { typescript: "5.6.3", "@types/ms": "0.7.34" },
  }),
  "app/tsconfig.json": JSON.stringify({
    compilerOptions: { strict: true, outDir: "dist", module: "commonjs", esModuleInterop: true },
    include: ["src"],
  }),
  "app/src/main.ts": 'import ms from "ms";\nconst day: number = ms("1 day");\nconsole.log(day);\n',
};

function writeContext(folder: string): void {
  mkdirSync(folder);
  for (const [path, content] of Object.entries(CONTEXT)) {
    mkdirSync(join(folder, path, ".."), { recursive: true });
    writeFileSync(join(folder, path), content, { mode: path.endsWith(".sh") ? 0o755 : 0o644 });
  }
  const certificates = process.env["NODE_EXTRA_CA_CERTS"] ?? "/etc/ssl/certs/ca-certificates.crt";
  copyFileSync(certificates, join(folder, "ca-certificates.crt"));
  writePackages(folder);
}

/** The lines in which two outcomes differ. */
function differences(ours: Outcome, theirs: Outcome): string[] {
  const lines = ({ layers, ...rest }: Outcome) => [
    ...JSON.stringify(rest, null, 1).split("\n"),
    ...layers.flatMap((layer, i) => layer.map((line) => `layer ${i}: ${line}`)),
  ];
  const [a, b] = [lines(ours), lines(theirs)];
  const [inA, inB] = [new Set(a), new Set(b)];
  return [
    ...a.filter((line) => !inB.has(line)).map((line) => `ours:  ${line}`),
    ...b.filter((line) => !inA.has(line)).map((line) => `stock: ${line}`),
  ];
}

if (!existsSync(BASE)) throw new Error(`${BASE} is not there: run hack/base-image first`);
const wanted = process.argv.slice(2);
const names = readdirSync(FILES)
  .map((name) => name.replace(".Dockerfile", ""))
  .filter((name) => wanted.length === 0 || wanted.includes(name));
const pair = await startPair({ hostNetwork: true, ignore: VOLATILE });
try {
  const context = join(pair.folder, "context");
  writeContext(context);
  await pair.load((path) => copyFileSync(BASE, path));
  await pair.load((path) => writeHostImage(path, NODE));
  for (const name of names) {
    copyFileSync(join(FILES, `${name}.Dockerfile`), join(context, "Dockerfile"));
    const registry = `npm_config_registry=${npmSource()}`;
    const options = ["--network", "host", ...(/npm|typescript/.test(name) ? ["--build-arg", registry] : [])];
    const start = performance.now();
    const { ours, theirs } = await pair.build(name, context, options, false);
    const seconds = ((performance.now() - start) / 1000).toFixed(0);
    const differing = theirs.code === 0 && isDeepStrictEqual(ours, theirs) ? [] : differences(ours, theirs);
    const same = theirs.code === 0 && isDeepStrictEqual(ours, theirs);
    const layers = ours.layers.map((layer) => layer.length).join("+");
    console.log(
      `${name}: ${same ? "the same" : "DIFFERENT"} (entries of the last layers: ${layers}; ${seconds} s)`,
    );
    for (const line of differing.slice(0, 40)) console.log(`  ${line}`);
    if (theirs.code !== 0) console.log(theirs.output.slice(-20).join("\n"));
    if (!same) process.exitCode = 1;
  }
} finally {
  await pair.stop();
}
