/** What a container prints, line by line, and who keeps it. */
export type StreamName = "stdout" | "stderr";

export interface LogMessage {
  /** With its newline, unless the line was cut (longer than 16 KiB) or the stream ended without one. */
  line: Uint8Array;
  stream: StreamName;
  /** RFC 3339 with nanoseconds. */
  time: string;
}

/** An entry as it is read back. */
export interface LogEntry extends Omit<LogMessage, "line"> {
  /** As text where the log keeps it as text. */
  line: string | Uint8Array;
  /** Labels and environment kept beside the line (--log-opt labels=, env=). */
  attributes?: Record<string, string>;
}

export interface ReadOptions {
  follow: boolean;
  /** Lines from the end; all if negative. */
  tail: number;
  /** Nanoseconds since 1970; 0 for no bound. */
  since: bigint;
  until: bigint;
  /** Ends a follow. */
  signal: AbortSignal;
}

/** What a client wants of a log, apart from times. */
export interface FramesWanted {
  stdout: boolean;
  stderr: boolean;
  /** With the header of multiplexed streams before each line. */
  framed: boolean;
}

/** How far a log's files went at some time. */
export interface LogPosition {
  /** Of the current file. */
  inode: number;
  /** Its bytes. */
  size: number;
}

/** A log in files: what was written last can be found again. */
export interface LogFiles {
  readonly position: LogPosition;
  /**
   * Begins a repetition: what is written until `repeated()` may be in the log behind that position already, in whole or
   * in part, by a daemon that died then. What is there is not written twice.
   */
  repeat(since: LogPosition): void;
  repeated(): void;
}

/** Keeps the output of one container. */
export interface LogDriver {
  /** "json-file", "none", ... */
  readonly name: string;
  /**
   * Drivers that write files keep the messages before it returns: a daemon that is killed afterwards has lost none of
   * them; they call `kept` as soon as that is so, or so for all but the last `left` bytes of the lines. Drivers that send them somewhere return a promise when the container
   * shall wait for the receiver.
   */
  write(messages: readonly LogMessage[], kept?: (left: number) => void): void | Promise<void>;
  /** The same for whole lines one after the other, none longer than LONGEST_LINE, where the driver has a short way. */
  readonly writeLines?:
    | ((lines: Uint8Array, stream: StreamName, time: string, kept?: (left: number) => void) => void)
    | undefined;
  /** Of drivers that write files. */
  readonly files?: LogFiles;
  /** Entries in batches, oldest first. Undefined if this driver cannot be read. */
  readonly read?: (options: ReadOptions) => AsyncIterable<LogEntry[]>;
  /** The same as a client gets them, where the driver has a short way; `since` and `until` must be 0. */
  readonly readFrames?: (options: ReadOptions, wanted: FramesWanted) => AsyncIterable<Uint8Array>;
  /** Path of the log for `docker inspect`; "" if there is none. */
  readonly path: string;
  /** No more will be written; followers end after the last entry, receivers get what is still waiting. */
  close(): void;
}

/** What a log driver may know of the container it logs. */
export interface LogContext {
  id: string;
  name: string;
  /** Of the image, as the user gave it, and its id. */
  image: string;
  imageID: string;
  /** The command with its arguments. */
  command: string;
  /** RFC 3339. */
  created: string;
  labels: Record<string, string>;
  env: readonly string[];
  /** The container's folder, where drivers keep files. */
  folder: string;
}
