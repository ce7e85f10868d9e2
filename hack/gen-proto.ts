/**
 * Generates src/proto from proto: `bun hack/gen-proto.ts`. Needs protoc (Debian: protobuf-compiler).
 *
 * Each .proto file becomes one TypeScript file with its messages and, for each service, a plain
 * definition (names, types, which sides stream). Nothing generated imports a transport: gRPC and ttrpc
 * take these definitions, so that a program loads only the transport that it uses.
 */
import { mkdirSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const ROOT = resolve(import.meta.dir, "..");
const SOURCE = join(ROOT, "proto");
const OUTPUT = join(ROOT, "src", "proto");

/** The generated folders. */
const GENERATED = ["containerd", "fsutil", "google", "grpc", "io", "moby", "runtimeoptions", "ttrpc"];

const OPTIONS = [
  "outputServices=generic-definitions",
  "outputJsonMethods=false",
  "outputPartialMethods=true",
  "exportCommonSymbols=false",
  "esModuleInterop=true",
  "importSuffix=.ts",
  "forceLong=bigint",
  "useDate=false",
  "unrecognizedEnum=false",
  "useExactTypes=false",
];

function run(command: string[], cwd: string): void {
  const child = Bun.spawnSync(command, { cwd, stdout: "inherit", stderr: "inherit" });
  if (child.exitCode !== 0) throw new Error(`${command[0]} ended with ${child.exitCode}`);
}

function main(): void {
  for (const folder of GENERATED) rmSync(join(OUTPUT, folder), { recursive: true, force: true });
  mkdirSync(OUTPUT, { recursive: true });
  const files = [...new Bun.Glob("**/*.proto").scanSync(SOURCE)].sort();
  const bin = join(ROOT, "node_modules", ".bin");
  run(
    [
      "protoc",
      `--plugin=protoc-gen-ts_proto=${join(bin, "protoc-gen-ts_proto")}`,
      `--ts_proto_out=${OUTPUT}`,
      ...OPTIONS.map((option) => `--ts_proto_opt=${option}`),
      "--proto_path=.",
      ...files,
    ],
    SOURCE,
  );
}

main();
