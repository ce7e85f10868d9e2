/** Where a frame may stand and how long it is. Errors: ConnectionError. */
import { CODE, ConnectionError } from "./errors.ts";
import type { Frame } from "./frames.ts";

const fault = (code: number, { type }: Frame, text: string) =>
  new ConnectionError(code, `frame of type ${type} ${text}`);

/** Errors: PROTOCOL_ERROR for a frame of the connection, where one of a stream is due. */
export function needStream(frame: Frame): void {
  if (frame.streamId === 0) throw fault(CODE.PROTOCOL_ERROR, frame, "on stream 0");
}

/** Errors: PROTOCOL_ERROR for a frame of a stream, where one of the connection is due. */
export function needConnection(frame: Frame): void {
  if (frame.streamId !== 0)
    throw fault(CODE.PROTOCOL_ERROR, frame, `on stream ${frame.streamId}, which is not 0`);
}

/** Errors: FRAME_SIZE_ERROR unless the payload has so many bytes. */
export function needSize(frame: Frame, size: number): void {
  const { length } = frame.payload;
  if (length !== size) throw fault(CODE.FRAME_SIZE_ERROR, frame, `with ${length} bytes, not ${size}`);
}
