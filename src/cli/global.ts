import type { FlagTable, FlagValues } from "./flags/spec.ts";

/** The flags before the command's name. */
export const GLOBAL_FLAGS = {
  config: { kind: "string", help: "Folder of the client's configuration files" },
  context: {
    kind: "string",
    short: "c",
    help: "Context that says which engine to talk to, over DOCKER_HOST",
  },
  debug: { kind: "bool", short: "D", help: "Print what the client does" },
  host: {
    kind: "list",
    short: "H",
    help: "Engine to connect to: unix://PATH, tcp://HOST:PORT or ssh://HOST",
  },
  "log-level": {
    kind: "string",
    short: "l",
    help: 'Least severity of the client\'s own messages: "debug", "info", "warn", "error", "fatal"',
    shown: '"info"',
  },
  tls: { kind: "bool", help: "Speak TLS without verifying the engine; --tlsverify implies it" },
  tlscacert: { kind: "string", help: "Authority that the engine's certificate must come from" },
  tlscert: { kind: "string", help: "Certificate to show to the engine" },
  tlskey: { kind: "string", help: "Key of that certificate" },
  tlsverify: { kind: "bool", help: "Speak TLS and verify the engine" },
  version: { kind: "bool", short: "v", help: "Print version information and quit" },
  help: { kind: "bool", short: "h", help: "Print usage", hidden: true },
} as const satisfies FlagTable;

export type GlobalFlags = FlagValues<typeof GLOBAL_FLAGS>;
