/** What a Dockerfile says, instruction by instruction, before any variable is expanded. */
import type { Checks } from "./checks.ts";
import type { Heredoc } from "./heredoc.ts";

/** A command in one of its two forms. */
export interface CommandLine {
  /** The list of the exec form, or the whole text as the only item of the shell form. */
  words: string[];
  /** Shell form: the shell in force goes before it. */
  shell: boolean;
}

export interface Pair {
  key: string;
  value: string;
  /** Written as `KEY VALUE`, without "=". */
  legacy: boolean;
  /** Nothing in it is expanded. */
  literal?: true;
}

/** RUN --mount */
export interface RunMount {
  type: "bind" | "cache" | "tmpfs" | "secret" | "ssh";
  target: string | undefined;
  source: string | undefined;
  from: string | undefined;
  id: string | undefined;
  readonly: boolean;
  required: boolean;
  sharing: "shared" | "private" | "locked";
  mode: string | undefined;
  uid: string | undefined;
  gid: string | undefined;
  /** Bytes, of tmpfs. */
  size: string | undefined;
  /** Name of the variable that a secret is given in. */
  env: string | undefined;
}

export interface HealthCheck {
  Test?: string[];
  /** Nanoseconds. */
  Interval?: number;
  Timeout?: number;
  StartPeriod?: number;
  StartInterval?: number;
  Retries?: number;
}

/** COPY and ADD. */
export interface CopyOptions {
  sources: string[];
  destination: string;
  heredocs: Heredoc[];
  from: string | undefined;
  chown: string | undefined;
  chmod: string | undefined;
  link: boolean;
  parents: boolean;
  exclude: string[];
  checksum: string | undefined;
  keepGitDir: boolean;
  /** ADD: archives are unpacked (true, false, or by default only local ones). */
  unpack: boolean | undefined;
}

interface At {
  /** The instruction as written, continuations joined. */
  text: string;
  first: number;
  last: number;
}

export type Instruction = At &
  (
    | { kind: "ARG"; args: { key: string; value: string | undefined }[] }
    | { kind: "ENV"; pairs: Pair[] }
    | { kind: "LABEL"; pairs: Pair[] }
    | {
        kind: "RUN";
        command: CommandLine;
        heredocs: Heredoc[];
        mounts: RunMount[];
        network: "default" | "none" | "host";
        security: "sandbox" | "insecure";
        /** Names of the flags, in order. */
        flags: string[];
      }
    | { kind: "CMD"; command: CommandLine }
    | { kind: "ENTRYPOINT"; command: CommandLine }
    | ({ kind: "COPY"; flags: string[] } & CopyOptions)
    | ({ kind: "ADD"; flags: string[] } & CopyOptions)
    | { kind: "EXPOSE"; ports: string[] }
    | { kind: "VOLUME"; paths: string[] }
    | { kind: "USER"; value: string }
    | { kind: "WORKDIR"; value: string }
    | { kind: "STOPSIGNAL"; value: string }
    | { kind: "MAINTAINER"; value: string }
    | { kind: "HEALTHCHECK"; health: HealthCheck }
    | { kind: "ONBUILD"; expression: string; heredocs: Heredoc[] }
    | { kind: "SHELL"; shell: string[] }
  );

export type Kind = Instruction["kind"];
export type Of<K extends Kind> = Extract<Instruction, { kind: K }>;

export interface Stage extends At {
  /** Lower-case name, or "" . */
  name: string;
  /** What follows FROM, unexpanded. */
  base: string;
  platform: string;
  instructions: Instruction[];
}

export interface Dockerfile {
  /** ARGs before the first FROM. */
  metaArgs: Of<"ARG">[];
  stages: Stage[];
  escape: string;
  directives: Record<string, string>;
  warnings: Warning[];
  checks: Checks;
  source: string;
}

/** Takes what a check has found. */
export type Report = (line: number, rule: string, message: string) => void;

/** What today's linter would say. */
export interface Warning {
  rule: string;
  message: string;
  line: number;
}
