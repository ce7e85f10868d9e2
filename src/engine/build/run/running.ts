import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { isNotFound, messageOf } from "../../../errors/errors.ts";
import type { Logger } from "../../../log/log.ts";
import { removeContainer } from "../../containers/lifecycle/remove.ts";
import type { Containers } from "../../containers/manager.ts";

/** Containers of builds, by files of their names: after a daemon that was killed, nobody waits for them any more. */
export class RunningSteps {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  }

  add(id: string): void {
    writeFileSync(join(this.#folder, id), "");
  }

  delete(id: string): void {
    rmSync(join(this.#folder, id), { force: true });
  }

  /** Removes what a daemon before this one has left. */
  async sweep(containers: Containers, log: Logger): Promise<void> {
    for (const id of readdirSync(this.#folder)) {
      try {
        await removeContainer(containers.env, containers.find(id), { force: true, volumes: true });
        log.info("removed a container of a build that was cut short", { container: id });
      } catch (error) {
        if (!isNotFound(error))
          log.warn("cannot remove a build's container", { container: id, error: messageOf(error) });
      }
      this.delete(id);
    }
  }
}
