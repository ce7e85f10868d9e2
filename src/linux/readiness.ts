/**
 * Tells when a pipe can be read, without reading it: Bun's own streams know only how to take what is there.
 *
 * It is done with the poll of asynchronous I/O (io_submit(2) with IOCB_CMD_POLL, since Linux 4.18): a request asks once
 * about one descriptor, and its answer raises an eventfd that all share. Nothing polls, and there is no thread.
 */
import { eventfd } from "./eventfd.ts";
import { errno, libc, prepareErrno, ptr, SyscallError } from "./libc.ts";

const isArm = process.arch === "arm64";
const SYS_IO_SETUP = isArm ? 0 : 206;
const SYS_IO_GETEVENTS = isArm ? 4 : 208;
const SYS_IO_SUBMIT = isArm ? 2 : 209;
const SYS_IO_CANCEL = isArm ? 3 : 210;

/** Requests of one context; the system's limit of them is fs.aio-max-nr, 65536 unless somebody changed it. */
const PER_CONTEXT = 128;

/** struct iocb of linux/aio_abi.h, and behind it the list of one that io_submit() wants. */
const IOCB = { size: 64, data: 0, command: 16, descriptor: 20, events: 24, flags: 56, eventfd: 60 } as const;
const IOCB_CMD_POLL = 5;
const IOCB_FLAG_RESFD = 1;
const POLLIN = 1n;

/** struct io_event: data, iocb, result, second result. */
const EVENT_WORDS = 4;

function open() {
  prepareErrno();
  return libc({ syscall: { args: ["i64", "i64", "i64", "i64", "i64", "i64"], returns: "i64" } });
}

let opened: ReturnType<typeof open> | undefined;

function call(name: string, number: number, a: number, b: number, c = 0, d = 0, e = 0): number {
  opened ??= open();
  const result = Number(opened.syscall(number, a, b, c, d, e));
  if (result < 0) throw new SyscallError(name, errno());
  return result;
}

/** The kernel's queue for some descriptors. */
interface Context {
  id: number;
  users: number;
}

/** What all share; made at the first use, and kept for as long as the process lives. */
class Answers {
  readonly eventfd = eventfd();
  readonly waiting = new Map<number, Readiness>();
  readonly #contexts: Context[] = [];
  readonly #events = new BigUint64Array(PER_CONTEXT * EVENT_WORDS);
  readonly #noTime = new BigUint64Array(2);

  /** Errors: EAGAIN at the system's limit, ENOSYS or EPERM where there is none of this. */
  constructor() {
    this.#contexts.push(newContext());
    void this.#listen();
  }

  /** A place in a queue. */
  context(): Context {
    let context = this.#contexts.find(({ users }) => users < PER_CONTEXT);
    if (!context) {
      context = newContext();
      this.#contexts.push(context);
    }
    context.users++;
    return context;
  }

  async #listen(): Promise<void> {
    const reader = Bun.file(this.eventfd).stream().getReader();
    for (let part = await reader.read(); !part.done; part = await reader.read())
      for (const { id } of this.#contexts) this.#take(id);
  }

  #take(context: number): void {
    const [into, noTime] = [ptr(this.#events), ptr(this.#noTime)];
    for (;;) {
      const count = call("io_getevents", SYS_IO_GETEVENTS, context, 0, PER_CONTEXT, into, noTime);
      // A promise's continuations run later: nobody writes into #events meanwhile.
      for (let n = 0; n < count; n++) this.waiting.get(Number(this.#events[n * EVENT_WORDS]))?.answer();
      // Those that were cancelled come beside those of all users.
      if (count < PER_CONTEXT) return;
    }
  }
}

function newContext(): Context {
  const id = new BigUint64Array(1);
  call("io_setup", SYS_IO_SETUP, PER_CONTEXT, ptr(id));
  return { id: Number(id[0]), users: 0 };
}

let answers: Answers | undefined;
let serial = 0;

/** Whether this machine can tell; if not, whoever wants to know has to read. */
export function canTellReadiness(): boolean {
  try {
    answers ??= new Answers();
    return true;
  } catch {
    return false;
  }
}

/** Asks about one descriptor, again and again. */
export class Readiness {
  readonly #answers: Answers;
  readonly #context: Context;
  readonly #serial = serial++;
  readonly #request = new DataView(new ArrayBuffer(IOCB.size + 8));
  readonly #address = ptr(this.#request.buffer);
  #resolve: ((ready: boolean) => void) | undefined;
  /** A request is with the kernel. */
  #asked = false;
  #open = true;

  /** The descriptor stays the caller's, and open until close(). Errors: EAGAIN at the system's limit. */
  constructor(fd: number) {
    this.#answers = answers ??= new Answers();
    this.#context = this.#answers.context();
    this.#answers.waiting.set(this.#serial, this);
    this.#request.setBigUint64(IOCB.data, BigInt(this.#serial), true);
    this.#request.setUint16(IOCB.command, IOCB_CMD_POLL, true);
    this.#request.setUint32(IOCB.descriptor, fd, true);
    this.#request.setBigUint64(IOCB.events, POLLIN, true);
    this.#request.setUint32(IOCB.flags, IOCB_FLAG_RESFD, true);
    this.#request.setUint32(IOCB.eventfd, this.#answers.eventfd, true);
    this.#request.setBigUint64(IOCB.size, BigInt(this.#address), true);
  }

  /** Resolves to true when there is something to read, or no writer any more; to false at close(). One call at a time. */
  wait(): Promise<boolean> {
    if (!this.#open) return Promise.resolve(false);
    const { promise, resolve } = Promise.withResolvers<boolean>();
    this.#resolve = resolve;
    if (!this.#asked) {
      call("io_submit", SYS_IO_SUBMIT, this.#context.id, 1, this.#address + IOCB.size);
      this.#asked = true;
    }
    return promise;
  }

  /** For the kernel's answer. */
  answer(): void {
    this.#asked = false;
    this.wake();
  }

  /** Ends a wait(), as if there were something to read. */
  wake(): void {
    this.#settle(true);
  }

  #settle(ready: boolean): void {
    const resolve = this.#resolve;
    this.#resolve = undefined;
    resolve?.(ready);
  }

  get isOpen(): boolean {
    return this.#open;
  }

  close(): void {
    if (!this.#open) return;
    this.#open = false;
    if (this.#asked) cancel(this.#context, this.#address);
    this.#settle(false);
    this.#answers.waiting.delete(this.#serial);
    this.#context.users--;
  }
}

/** An answer may be on its way already; it then finds nobody. */
function cancel(context: Context, request: number): void {
  const result = new BigUint64Array(EVENT_WORDS);
  try {
    call("io_cancel", SYS_IO_CANCEL, context.id, request, ptr(result));
  } catch {
    // EINPROGRESS is success.
  }
}
