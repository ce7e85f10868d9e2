/** containerd.task.v2 (v3 has the same messages): what containerd asks of a shim. */
import { flag, many, map, one, text, texts, uint } from "../../protobuf/kinds.ts";
import { message } from "../../protobuf/message.ts";
import { Any, Mount, Timestamp } from "./common.ts";

export const CreateTaskRequest = message({
  id: text(1),
  bundle: text(2),
  rootfs: many(3, Mount),
  terminal: flag(4),
  stdin: text(5),
  stdout: text(6),
  stderr: text(7),
  checkpoint: text(8),
  parentCheckpoint: text(9),
  options: one(10, Any),
});
export const CreateTaskResponse = message({ pid: uint(1) });

/** The many requests that name just a task and one of its processes. */
export const ProcessRequest = message({ id: text(1), execId: text(2) });

export const DeleteResponse = message({ pid: uint(1), exitStatus: uint(2), exitedAt: one(3, Timestamp) });

export const ExecProcessRequest = message({
  id: text(1),
  execId: text(2),
  terminal: flag(3),
  stdin: text(4),
  stdout: text(5),
  stderr: text(6),
  spec: one(7, Any),
});

export const ResizePtyRequest = message({ id: text(1), execId: text(2), width: uint(3), height: uint(4) });

/** containerd.v1.types.Status. */
export const STATUS = { created: 1, running: 2, stopped: 3, paused: 4, pausing: 5 } as const;

export const StateResponse = message({
  id: text(1),
  bundle: text(2),
  pid: uint(3),
  status: uint(4),
  stdin: text(5),
  stdout: text(6),
  stderr: text(7),
  terminal: flag(8),
  exitStatus: uint(9),
  exitedAt: one(10, Timestamp),
  execId: text(11),
});

export const KillRequest = message({ id: text(1), execId: text(2), signal: uint(3), all: flag(4) });
export const CloseIORequest = message({ id: text(1), execId: text(2), stdin: flag(3) });

const ProcessInfo = message({ pid: uint(1), info: one(2, Any) });
export const PidsResponse = message({ processes: many(1, ProcessInfo) });

export const CheckpointTaskRequest = message({ id: text(1), path: text(2), options: one(3, Any) });
export const UpdateTaskRequest = message({ id: text(1), resources: one(2, Any), annotations: map(3, text) });
export const StartResponse = message({ pid: uint(1) });
export const WaitResponse = message({ exitStatus: uint(1), exitedAt: one(2, Timestamp) });
export const StatsResponse = message({ stats: one(1, Any) });
export const ConnectResponse = message({ shimPid: uint(1), taskPid: uint(2), version: text(3) });
export const ShutdownRequest = message({ id: text(1), now: flag(2) });

/** containerd.runc.v1.Options: how the client wants the OCI runtime called. */
export const RuncOptions = message({
  noPivotRoot: flag(1),
  noNewKeyring: flag(2),
  shimCgroup: text(3),
  ioUid: uint(4),
  ioGid: uint(5),
  binaryName: text(6),
  root: text(7),
  criuPath: text(8),
  systemdCgroup: flag(9),
  criuImagePath: text(10),
  criuWorkPath: text(11),
});

/** containerd.runc.v1.CheckpointOptions. */
export const CheckpointOptions = message({
  exit: flag(1),
  openTcp: flag(2),
  externalUnixSockets: flag(3),
  terminal: flag(4),
  fileLocks: flag(5),
  emptyNamespaces: texts(6),
  cgroupsMode: text(7),
  imagePath: text(8),
  workPath: text(9),
});

/** containerd.runc.v1.ProcessDetails. */
export const ProcessDetails = message({ execId: text(1) });
