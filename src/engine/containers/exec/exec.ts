import type { TerminalSize } from "../../containerd/client.ts";
import type { Container } from "../container.ts";
import { OutputHub } from "../io/hub.ts";
import type { ProcessIO } from "../io/process-io.ts";
import { Waiters } from "../state/waiters.ts";

/** Body of POST /containers/{id}/exec. */
export interface ExecConfig {
  AttachStdin?: boolean;
  AttachStdout?: boolean;
  AttachStderr?: boolean;
  DetachKeys?: string;
  Tty?: boolean;
  Env?: string[];
  Cmd?: string[];
  Privileged?: boolean;
  User?: string;
  WorkingDir?: string;
  ConsoleSize?: [number, number] | null;
}

export type ExecStatus = "created" | "running" | "exited";

/** A command as events tell it; Docker puts a space after the program even where nothing follows. */
export const toldCommand = ([program = "", ...rest]: readonly string[]): string =>
  `${program} ${rest.join(" ")}`;

/** One more process in a running container. */
export class Exec {
  readonly id: string;
  readonly container: Container;
  readonly config: ExecConfig;
  readonly hub = new OutputHub();
  readonly waiters = new Waiters();
  status: ExecStatus = "created";
  /** Whether its end has been told. */
  told = false;
  /** While it is being started. */
  starting: Promise<void> | undefined;
  /** Once it has ended: until its output is complete, and it is told. */
  ending: Promise<void> | undefined;
  /** A start is under way or has been: there is only one. */
  claimed = false;
  pid = 0;
  exitCode: number | undefined;
  io: ProcessIO | undefined;
  /** Set by a resize before the start. */
  size: TerminalSize | undefined;

  constructor(id: string, container: Container, config: ExecConfig) {
    this.id = id;
    this.container = container;
    this.config = config;
  }
}
