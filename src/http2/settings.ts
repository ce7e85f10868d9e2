/** SETTINGS (RFC 9113, section 6.5). */
import { CODE, ConnectionError } from "./errors.ts";
import { DEFAULT_WINDOW, MAX_FRAME_SIZE, MAX_WINDOW, MIN_FRAME_SIZE, putUint32, uint32At } from "./frames.ts";
import { DEFAULT_TABLE_SIZE } from "./hpack/table.ts";

const ID = {
  tableSize: 0x1,
  push: 0x2,
  maxStreams: 0x3,
  window: 0x4,
  maxFrameSize: 0x5,
  maxListSize: 0x6,
} as const;

const ENTRY_SIZE = 6;

/** What one side allows the other. */
export interface Settings {
  /** Bytes of the table of header fields. */
  tableSize: number;
  /** 1 when the other side may push. */
  push: number;
  /** Streams that the other side may have open at once. */
  maxStreams: number;
  /** Bytes of data that may be sent on a new stream before more is allowed. */
  window: number;
  /** The longest payload of a frame. */
  maxFrameSize: number;
  /** Bytes of a list of header fields, counted as tables count. */
  maxListSize: number;
}

/** What holds until the other side says otherwise. */
export const INITIAL_SETTINGS: Settings = {
  tableSize: DEFAULT_TABLE_SIZE,
  push: 1,
  maxStreams: Number.POSITIVE_INFINITY,
  window: DEFAULT_WINDOW,
  maxFrameSize: MIN_FRAME_SIZE,
  maxListSize: Number.POSITIVE_INFINITY,
};

/** The payload of a SETTINGS frame that says these. */
export function encodeSettings(settings: Partial<Settings>): Uint8Array {
  const entries = Object.entries(settings);
  const out = new Uint8Array(entries.length * ENTRY_SIZE);
  entries.forEach(([name, value], index) => {
    out[index * ENTRY_SIZE + 1] = ID[name as keyof Settings];
    putUint32(out, index * ENTRY_SIZE + 2, value);
  });
  return out;
}

/** The settings after a SETTINGS frame; unknown ones are passed over. Errors: ConnectionError. */
export function applySettings(settings: Settings, payload: Uint8Array): Settings {
  if (payload.length % ENTRY_SIZE !== 0)
    throw new ConnectionError(CODE.FRAME_SIZE_ERROR, "SETTINGS of an odd length");
  const changed = { ...settings };
  for (let at = 0; at < payload.length; at += ENTRY_SIZE) {
    const id = payload[at]! * 256 + payload[at + 1]!;
    const name = (Object.keys(ID) as (keyof Settings)[]).find((key) => ID[key] === id);
    if (name === undefined) continue;
    changed[name] = uint32At(payload, at + 2);
    check(name, changed[name]);
  }
  return changed;
}

function check(name: keyof Settings, value: number): void {
  if (name === "push" && value > 1) throw invalid(name, value, CODE.PROTOCOL_ERROR);
  if (name === "window" && value > MAX_WINDOW) throw invalid(name, value, CODE.FLOW_CONTROL_ERROR);
  if (name === "maxFrameSize" && (value < MIN_FRAME_SIZE || value > MAX_FRAME_SIZE))
    throw invalid(name, value, CODE.PROTOCOL_ERROR);
}

const invalid = (name: keyof Settings, value: number, code: number) =>
  new ConnectionError(code, `SETTINGS with ${value} for ${name}`);
