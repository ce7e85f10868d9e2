// Generated from proto/fsutil/types/wire.proto by make proto: change that, not this.
import { bytes, choice, int64, map, one, text, uint } from "../../../protobuf/kinds.ts";
import { message, type MessageOf } from "../../../protobuf/message.ts";

export enum Packet_PacketType {
  PACKET_STAT = 0,
  PACKET_REQ = 1,
  PACKET_DATA = 2,
  PACKET_FIN = 3,
  PACKET_ERR = 4,
}

/** One entry of a tree, as Go's os.FileInfo has it: mode is os.FileMode, modTime in nanoseconds since 1970. */
export type Stat = MessageOf<typeof Stat>;
export const Stat = message({
  path: text(1),
  mode: uint(2),
  uid: uint(3),
  gid: uint(4),
  size: int64(5),
  modTime: int64(6),
  /** Of a symbolic link; also of a further name of a file. */
  linkname: text(7),
  devmajor: int64(8),
  devminor: int64(9),
  xattrs: map(10, bytes),
});

/** The exchange of a tree: all entries, those whose content is wanted, their content, the end. */
export type Packet = MessageOf<typeof Packet>;
export const Packet = message({
  type: choice<Packet_PacketType>(1),
  stat: one(2, Stat),
  /** Position of the entry among those that were told. */
  ID: uint(3),
  data: bytes(4),
});
