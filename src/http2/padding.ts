import { CODE, ConnectionError } from "./errors.ts";
import { FLAG, type Frame, hasFlag } from "./frames.ts";

/** The payload of DATA or HEADERS without its padding (RFC 9113, section 6.1). Errors: ConnectionError. */
export function unpad(frame: Frame): Uint8Array {
  if (!hasFlag(frame, FLAG.PADDED)) return frame.payload;
  const padding = frame.payload[0];
  if (padding === undefined)
    throw new ConnectionError(CODE.FRAME_SIZE_ERROR, "a padded frame without its length of padding");
  if (padding >= frame.payload.length)
    throw new ConnectionError(CODE.PROTOCOL_ERROR, "a frame of nothing but padding, and more");
  return frame.payload.subarray(1, frame.payload.length - padding);
}
