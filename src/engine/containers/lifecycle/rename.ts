import { conflict, invalidArgument, messageOf } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import { checkName } from "../create/names.ts";
import type { Env } from "../env.ts";
import { publish } from "../events.ts";
import { saveContainer } from "../record.ts";

function checkNewName(name: string): string {
  try {
    return checkName(`/${name.replace(/^\//, "")}`);
  } catch (cause) {
    throw invalidArgument(`Error when allocating new name: ${messageOf(cause)}`, { cause });
  }
}

function reserve(env: Env, name: string, id: string): void {
  try {
    env.store.reserveName(name, id);
  } catch (cause) {
    throw conflict(`Error when allocating new name: ${messageOf(cause)}`, { cause });
  }
}

/** Errors: invalidArgument, conflict (name taken). */
export function renameContainer(env: Env, container: Container, newName: string): Promise<void> {
  if (newName === "") throw invalidArgument("Neither old nor new names may be empty");
  const name = checkNewName(newName);
  return container.lock.run(async () => {
    const old = container.name;
    if (name === old) {
      throw invalidArgument("Renaming a container with the same name as its current name");
    }
    if (container.removed) throw conflict(`container ${container.id} has been removed`);
    reserve(env, name, container.id);
    container.facts.name = name;
    try {
      saveContainer(container);
    } catch (error) {
      container.facts.name = old;
      env.store.releaseName(name, container.id);
      throw error;
    }
    env.store.releaseName(old, container.id);
    env.network.rename(container.id, name);
    publish(env, container, "rename", { oldName: `/${old}` });
  });
}
