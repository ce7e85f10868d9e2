/** moby.filesync.v1.FileSync: a folder of the client, as a tar. */
import { END_OF_ARCHIVE, padding } from "../../../archive/tar/writer.ts";
import { systemError } from "../../../errors/errors.ts";
import { type Packet, Packet_PacketType as Type } from "../../../proto/fsutil/types/wire.ts";
import { FileSyncDefinition } from "../../../proto/moby/filesync/v1/filesync.ts";
import type { Call } from "./connection.ts";
import { HeaderSpool, type Spooled } from "./header-spool.ts";
import type { Session } from "./sessions.ts";
import { headerOf } from "./stat.ts";

export interface SyncedFolder {
  /** "context" or "dockerfile". */
  name: string;
  include?: readonly string[];
  /** Patterns of .dockerignore. */
  exclude?: readonly string[];
}

export interface SyncOptions {
  /** Where the list of what there is waits. */
  temporary: string;
  signal: AbortSignal;
}

/** Files that are asked for ahead of their turn have no more bytes than this. */
const AHEAD_BYTES = 8 * 1024 * 1024;
/** And are no more than this. */
const AHEAD_FILES = 1024;

/** A file that was asked for. */
interface Wanted {
  chunks: Uint8Array[];
  done: boolean;
}

/** Errors: what the client says, such as that it does not have the folder; unavailable, cancelled. */
export async function* folderTar(
  session: Session,
  folder: SyncedFolder,
  { temporary, signal }: SyncOptions,
): AsyncGenerator<Uint8Array, void, void> {
  const metadata = {
    "dir-name": folder.name,
    ...(folder.include?.length ? { "include-patterns": folder.include } : {}),
    ...(folder.exclude?.length ? { "exclude-patterns": folder.exclude } : {}),
  };
  const { diffCopy } = FileSyncDefinition.methods;
  const call = session.connection.open(FileSyncDefinition, diffCopy, metadata, signal);
  const spool = new HeaderSpool(temporary);
  try {
    yield* new Exchange(call, spool).tar();
  } finally {
    spool.close();
    call.cancel();
  }
}

class Exchange {
  readonly #call: Call<Packet, Packet>;
  readonly #packets: AsyncIterator<Packet>;
  readonly #spool: HeaderSpool;
  readonly #wanted = new Map<number, Wanted>();
  /** The next file to be asked for, and those after it. */
  #next: Spooled | undefined;
  #rest: Generator<Spooled, undefined, undefined> | undefined;
  #ahead = 0;

  constructor(call: Call<Packet, Packet>, spool: HeaderSpool) {
    this.#call = call;
    this.#spool = spool;
    this.#packets = call.messages[Symbol.asyncIterator]();
  }

  async #packet(): Promise<Packet> {
    const { value, done } = await this.#packets.next();
    if (done) throw systemError("the client ended the exchange of files too early");
    if (value.type === Type.PACKET_ERR)
      throw systemError(`the client cannot send its files: ${Buffer.from(value.data).toString("utf8")}`);
    return value;
  }

  async *tar(): AsyncGenerator<Uint8Array, void, void> {
    await this.#readEntries();
    this.#rest = this.#spool.entries();
    this.#next = this.#nextFile();
    for (const { id, size, header } of this.#spool.entries()) {
      yield header;
      if (size === 0) continue;
      await this.#askUpTo(id);
      yield* this.#content(id, size);
      yield padding(size);
    }
    yield END_OF_ARCHIVE;
    await this.#call.send({ type: Type.PACKET_FIN });
    while ((await this.#packet()).type !== Type.PACKET_FIN);
    this.#call.end();
    while (!(await this.#packets.next()).done);
  }

  /** All entries come first; one without a name ends them. */
  async #readEntries(): Promise<void> {
    for (let id = 0; ; id++) {
      const packet = await this.#packet();
      if (packet.type !== Type.PACKET_STAT)
        throw systemError(`the client sent a packet of type ${packet.type} instead of an entry`);
      if (!packet.stat) return;
      const header = headerOf(packet.stat);
      if (header) this.#spool.put(id, header);
    }
  }

  #nextFile(): Spooled | undefined {
    let next = this.#rest!.next().value;
    while (next && next.size === 0) next = this.#rest!.next().value;
    return next;
  }

  /** Asks for the entry's content, and for that of some after it: an answer takes its time. */
  async #askUpTo(wanted: number): Promise<void> {
    for (; this.#next; this.#next = this.#nextFile()) {
      const { id, size } = this.#next;
      const enough = this.#wanted.size >= AHEAD_FILES || this.#ahead + size > AHEAD_BYTES;
      if (id > wanted && enough) return;
      this.#ahead += size;
      this.#wanted.set(id, { chunks: [], done: false });
      await this.#call.send({ type: Type.PACKET_REQ, ID: id });
    }
  }

  /** As many bytes as its header says, even if the file has changed meanwhile. */
  async *#content(id: number, size: number): AsyncGenerator<Uint8Array, void, void> {
    const wanted = this.#wanted.get(id)!;
    let left = size;
    for (;;) {
      for (const chunk of wanted.chunks.splice(0)) {
        if (left > 0) yield chunk.subarray(0, left);
        left = Math.max(0, left - chunk.length);
      }
      if (wanted.done) break;
      this.#take(await this.#packet());
    }
    for (; left > 0; left -= Math.min(left, 65536)) yield Buffer.alloc(Math.min(left, 65536));
    this.#wanted.delete(id);
    this.#ahead -= size;
  }

  #take({ type, ID, data }: Packet): void {
    const wanted = this.#wanted.get(ID);
    if (type !== Type.PACKET_DATA || !wanted)
      throw systemError(`the client sent a packet of type ${type} for ${ID}, which was not asked for`);
    if (data.length === 0) wanted.done = true;
    else wanted.chunks.push(data);
  }
}
