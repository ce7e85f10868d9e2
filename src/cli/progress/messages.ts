import type { ErrorDetail } from "../../api/schema.ts";

/** How far a step is. All fields may be missing. */
export interface ProgressDetail {
  current?: number;
  total?: number;
  /** Unix time, seconds. */
  start?: number;
  hidecounts?: boolean;
  /** Default: bytes. */
  units?: string;
}

/** A message of pull, push, load, import or build. */
export interface ProgressMessage {
  stream?: string;
  status?: string;
  progressDetail?: ProgressDetail;
  /** The progress set as text by the engine. */
  progress?: string;
  id?: string;
  from?: string;
  time?: number;
  timeNano?: number;
  errorDetail?: ErrorDetail;
  error?: string;
  /** For programs, such as the id of a built image. */
  aux?: unknown;
}
