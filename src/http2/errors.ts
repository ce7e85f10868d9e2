/** Errors of the protocol and their codes (RFC 9113, section 7). */

export const CODE = {
  NO_ERROR: 0x0,
  PROTOCOL_ERROR: 0x1,
  INTERNAL_ERROR: 0x2,
  FLOW_CONTROL_ERROR: 0x3,
  SETTINGS_TIMEOUT: 0x4,
  STREAM_CLOSED: 0x5,
  FRAME_SIZE_ERROR: 0x6,
  REFUSED_STREAM: 0x7,
  CANCEL: 0x8,
  COMPRESSION_ERROR: 0x9,
  CONNECT_ERROR: 0xa,
  ENHANCE_YOUR_CALM: 0xb,
  INADEQUATE_SECURITY: 0xc,
  HTTP_1_1_REQUIRED: 0xd,
} as const;

/** "CANCEL" for 8; a number that the RFC does not know as it is. */
export function codeName(code: number): string {
  return Object.entries(CODE).find(([, value]) => value === code)?.[0] ?? `code ${code}`;
}

/** Ends the whole connection: the other side is told the code in a GOAWAY. */
export class ConnectionError extends Error {
  readonly code: number;

  constructor(code: number, message: string) {
    super(`HTTP/2 ${codeName(code)}: ${message}`);
    this.name = "ConnectionError";
    this.code = code;
  }
}

/** Ends one stream: by a RST_STREAM, by a GOAWAY that leaves it out, or with its connection. */
export class StreamError extends Error {
  readonly code: number;
  /** The other side says that it has not looked at the request: it may be sent again. */
  readonly unprocessed: boolean;

  constructor(code: number, message: string, { unprocessed = false } = {}) {
    super(message);
    this.name = "StreamError";
    this.code = code;
    this.unprocessed = unprocessed || code === CODE.REFUSED_STREAM;
  }
}
