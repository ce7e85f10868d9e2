/**
 * Where the bytes of a connection go: any duplex byte stream will do, whose other half is fed into
 * Connection.receive(), and whose end is told by Connection.ended().
 */
export interface ByteSink {
  /**
   * Takes what it can, and returns how many bytes that is; the array is the caller's again afterwards. After fewer
   * than all, Connection.drained() must be called once there is room.
   */
  write(bytes: Uint8Array): number;
  /** Ends the stream after what was taken has been sent. */
  end(): void;
}
