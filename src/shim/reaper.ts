import { reapOne } from "../linux/wait.ts";

/** How a process ended: exit code, or 128 + signal. */
export interface Exit {
  status: number;
  at: Date;
}

/**
 * Reaps every child: runtimes, container processes (which the subreaper setting makes children once their
 * runtime has gone), and orphans nobody asked for. While a runtime is at work, exits that nobody claims are
 * kept, because a container process can end before its process id has been read from the pid file.
 */
export class Reaper {
  readonly #claims = new Map<number, (exit: Exit) => void>();
  readonly #early = new Map<number, Exit>();
  #holds = 0;

  /** Reaps from now on, whenever a child ends. Returns the undo. */
  start(): () => void {
    const onChild = () => this.reap();
    process.on("SIGCHLD", onChild);
    this.reap();
    return () => process.off("SIGCHLD", onChild);
  }

  /** Collects all children that have ended. */
  reap(): void {
    for (let child = reapOne(); child !== undefined; child = reapOne()) {
      const exit = { status: child.status, at: new Date() };
      const claim = this.#claims.get(child.pid);
      if (claim !== undefined) {
        this.#claims.delete(child.pid);
        claim(exit);
      } else if (this.#holds > 0) this.#early.set(child.pid, exit);
    }
  }

  /** Whether no program of ours is at work. */
  get isIdle(): boolean {
    return this.#holds === 0;
  }

  /** Keeps unclaimed exits until the returned function is called (once). */
  hold(): () => void {
    this.#holds++;
    return () => {
      if (--this.#holds === 0) this.#early.clear();
    };
  }

  /** Tells when the process ends; at once if it has already. */
  claim(pid: number, onExit: (exit: Exit) => void): void {
    const early = this.#early.get(pid);
    if (early === undefined) this.#claims.set(pid, onExit);
    else {
      this.#early.delete(pid);
      onExit(early);
    }
  }

  /** The exit of a child that was just spawned. */
  exitOf(pid: number): Promise<Exit> {
    return new Promise((resolve) => this.claim(pid, resolve));
  }
}
