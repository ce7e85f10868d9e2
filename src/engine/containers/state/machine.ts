import { systemError } from "../../../errors/errors.ts";
import { NEVER } from "../../time.ts";
import type { HealthState } from "./health.ts";

/** The states of a container, as `docker ps` filters on them. */
export const STATUSES = ["created", "running", "paused", "restarting", "removing", "exited", "dead"] as const;
export type Status = (typeof STATUSES)[number];

/** Which state may follow which; whoever moves a container holds its lock. */
const NEXT: Record<Status, readonly Status[]> = {
  created: ["running", "removing"],
  running: ["paused", "restarting", "exited"],
  paused: ["running", "restarting", "exited"],
  // Waiting out the back-off of its restart policy; no task exists.
  restarting: ["running", "exited", "restarting"],
  exited: ["running", "removing"],
  removing: ["dead", "created", "exited"],
  // A removal that failed half-way; only another removal helps.
  dead: ["removing"],
};

/** What is known of a container's run. */
export class ContainerState {
  #status: Status;
  /** On the host; 0 if it does not run. */
  pid = 0;
  exitCode = 0;
  /** Why the last start failed, or "". */
  error = "";
  oomKilled = false;
  /** RFC 3339. */
  startedAt = NEVER;
  finishedAt = NEVER;
  health: HealthState | undefined;

  constructor(status: Status = "created") {
    this.#status = status;
  }

  get status(): Status {
    return this.#status;
  }

  /** True while there is a task. */
  get hasTask(): boolean {
    return this.#status === "running" || this.#status === "paused";
  }

  /** What stock calls running: also while a restart policy waits to start it again. */
  get isRunning(): boolean {
    return this.hasTask || this.#status === "restarting";
  }

  /** Errors: system, for a move that the table does not have. */
  move(to: Status): void {
    if (!NEXT[this.#status].includes(to)) {
      throw systemError(`container cannot go from ${this.#status} to ${to}`);
    }
    this.#status = to;
  }
}
