import { deadline } from "../../errors/errors.ts";
import { Client } from "../../ttrpc/client.ts";
import type { Bundle } from "./bundle.ts";
import { followShimLog } from "./shim-log.ts";
import type { Task } from "./task.ts";
import { taskClient } from "./task-client.ts";

const CONNECT_TIMEOUT = 5_000;

/**
 * Connects to a shim that serves at `address`. `lost` runs once when the connection ends without
 * disconnect(). Errors: unavailable, deadline.
 */
export async function connectTask(
  bundle: Bundle,
  shim: string,
  address: string,
  stopLog: () => void,
  lost: (task: Task) => void,
): Promise<Task> {
  let task: Task | undefined;
  const connecting = Client.connect(address, () => {
    if (task) lost(task);
  });
  const connection = await withTimeout(connecting, address);
  task = {
    namespace: bundle.namespace,
    id: bundle.id,
    bundle,
    shim,
    address,
    connection,
    rpc: taskClient(connection, bundle.bootstrap()?.version),
    stopLog,
    pid: undefined,
    deleting: false,
    left: false,
    exit: undefined,
  };
  return task;
}

function withTimeout(connecting: Promise<Client>, address: string): Promise<Client> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => {
      reject(deadline(`shim at ${address} took no connection in ${CONNECT_TIMEOUT} ms`));
      connecting.then(
        (late) => late.close(),
        () => {},
      );
    }, CONNECT_TIMEOUT);
    connecting.then(resolve, reject).finally(() => clearTimeout(timer));
  });
}

/** Starts to read a bundle's log again; a bundle where that is not possible goes without. */
export function tryFollowLog(bundle: Bundle): () => void {
  try {
    return followShimLog(bundle);
  } catch {
    return () => {};
  }
}
