import { NEVER } from "../../time.ts";
import type { HealthState } from "./health.ts";
import { ContainerState, type Status } from "./machine.ts";

/** State as moby writes it to config.v2.json and shows it in inspect: flags that overlap. */
export interface StateRecord {
  Running: boolean;
  Paused: boolean;
  Restarting: boolean;
  OOMKilled: boolean;
  RemovalInProgress?: boolean;
  Dead: boolean;
  Pid: number;
  ExitCode: number;
  Error: string;
  StartedAt: string;
  FinishedAt: string;
  Health?: HealthState | null;
}

/** A state as config.v2.json has it. */
export function stateRecordOf(state: ContainerState): StateRecord {
  return {
    Running: state.isRunning,
    Paused: state.status === "paused",
    Restarting: state.status === "restarting",
    OOMKilled: state.oomKilled,
    RemovalInProgress: state.status === "removing",
    Dead: state.status === "dead",
    Pid: state.pid,
    ExitCode: state.exitCode,
    Error: state.error,
    StartedAt: state.startedAt,
    FinishedAt: state.finishedAt,
    Health: state.health ?? null,
  };
}

/** A removal that the daemon's death cut short shows as "dead": it can be removed again. */
function statusOf(record: StateRecord): Status {
  if (record.Dead || record.RemovalInProgress) return "dead";
  if (record.Restarting) return "restarting";
  if (record.Running) return record.Paused ? "paused" : "running";
  return record.StartedAt === NEVER || !record.StartedAt ? "created" : "exited";
}

/** The state that config.v2.json tells of. */
export function stateFrom(record: StateRecord): ContainerState {
  const state = new ContainerState(statusOf(record));
  state.pid = record.Pid ?? 0;
  state.exitCode = record.ExitCode ?? 0;
  state.error = record.Error ?? "";
  state.oomKilled = record.OOMKilled ?? false;
  state.startedAt = record.StartedAt || NEVER;
  state.finishedAt = record.FinishedAt || NEVER;
  state.health = record.Health ?? undefined;
  return state;
}
