/** moby.filesync.v1.FileSend: what was built, sent to the client's folder or file. */
import { systemError } from "../../../errors/errors.ts";
import { Packet, Packet_PacketType as Type } from "../../../proto/fsutil/types/wire.ts";
import { FileSendDefinition } from "../../../proto/moby/filesync/v1/filesync.ts";
import { duplex } from "../../../protobuf/service.ts";
import { type SourceTree, type TreeEntry, walkTree } from "../tree/tree.ts";
import type { Call } from "./connection.ts";
import type { Session } from "./sessions.ts";
import { statOf } from "./stat.ts";

const PIECE = 32 * 1024;

/** The same method, with another kind of messages: that is how a folder is sent. */
const SEND_FOLDER = duplex("DiffCopy", Packet, Packet);

/** Sends an archive. Errors: what the client says; unavailable, cancelled. */
export async function sendBytes(
  { connection }: Session,
  bytes: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const call = connection.open(FileSendDefinition, FileSendDefinition.methods.diffCopy, {}, signal);
  try {
    for await (const chunk of bytes) {
      for (let at = 0; at < chunk.length; at += PIECE)
        await call.send({ data: chunk.subarray(at, at + PIECE) });
    }
    call.end();
    for await (const _ of call.messages) void _;
  } finally {
    call.cancel();
  }
}

/** Sends all that is in a tree; devices stay out. Errors: as of sendBytes(). */
export async function sendFolder(
  { connection }: Session,
  tree: SourceTree,
  signal: AbortSignal,
): Promise<void> {
  const call = connection.open(FileSendDefinition, SEND_FOLDER, {}, signal);
  try {
    const entries = await tellEntries(call, tree);
    for await (const packet of call.messages) {
      if (packet.type === Type.PACKET_REQ) await sendContent(call, tree, entries, packet.ID);
      else if (packet.type === Type.PACKET_FIN) {
        // The client ends the call once it has heard the same from this side.
        await call.send({ type: Type.PACKET_FIN });
        call.end();
      } else
        throw systemError(`the client cannot take the files: ${Buffer.from(packet.data).toString("utf8")}`);
    }
  } finally {
    call.cancel();
  }
}

async function tellEntries(call: Call<Packet, Packet>, tree: SourceTree): Promise<TreeEntry[]> {
  const entries: TreeEntry[] = [];
  const firsts = new Map<string, string>();
  for (const entry of walkTree(tree, tree.find("", true)!)) {
    const { header, inode, path } = entry;
    if (header.type === "char" || header.type === "block") continue;
    const first = inode === undefined ? undefined : firsts.get(inode);
    if (inode !== undefined && first === undefined) firsts.set(inode, path);
    entries.push(entry);
    await call.send({
      type: Type.PACKET_STAT,
      stat: statOf(path, first ? { ...header, linkname: first } : header),
    });
  }
  await call.send({ type: Type.PACKET_STAT });
  return entries;
}

async function sendContent(
  call: Call<Packet, Packet>,
  tree: SourceTree,
  entries: readonly TreeEntry[],
  ID: number,
): Promise<void> {
  const entry = entries[ID];
  if (!entry) throw systemError(`the client asked for entry ${ID}, which it was not told of`);
  for await (const chunk of tree.read(entry)) {
    for (let at = 0; at < chunk.length; at += PIECE)
      await call.send({ type: Type.PACKET_DATA, ID, data: chunk.subarray(at, at + PIECE) });
  }
  await call.send({ type: Type.PACKET_DATA, ID });
}
