/** --ssh: the agents that a build may use, by id. */
import { mkdtempSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** id → path of the agent's socket. */
export type Agents = ReadonlyMap<string, string>;

export interface OpenAgents {
  agents: Agents;
  /** Ends those that were started. */
  close(): void;
}

/** "default", "id=/path/to/agent.sock", "id=key,key": keys are given to an agent that is started for them. Errors: plain. */
export async function openAgents(specs: readonly string[]): Promise<OpenAgents> {
  const agents = new Map<string, string>();
  const undo: (() => void)[] = [];
  const close = (): void => {
    for (const one of undo.splice(0)) one();
  };
  try {
    for (const spec of specs) {
      const mark = spec.indexOf("=");
      const id = (mark < 0 ? spec : spec.slice(0, mark)) || "default";
      const paths = mark < 0 ? [] : spec.slice(mark + 1).split(",");
      if (agents.has(id)) throw new Error(`duplicate ssh agent id ${JSON.stringify(id)}`);
      agents.set(id, await socketOf(id, paths, undo));
    }
    return { agents, close };
  } catch (error) {
    close();
    throw error;
  }
}

async function socketOf(id: string, paths: readonly string[], undo: (() => void)[]): Promise<string> {
  const wanted = paths.filter((path) => path !== "");
  if (wanted.length === 0) {
    const given = process.env["SSH_AUTH_SOCK"];
    if (!given) throw new Error(`invalid empty ssh agent socket for ${id}: make sure SSH_AUTH_SOCK is set`);
    return given;
  }
  const sockets = wanted.filter((path) => {
    const stat = statSync(path, { throwIfNoEntry: false });
    if (!stat) throw new Error(`failed to open ${path} for --ssh ${id}: no such file or directory`);
    return stat.isSocket();
  });
  if (sockets.length === 0) return startAgent(wanted, undo);
  if (wanted.length > 1) throw new Error("only single socket allowed");
  return sockets[0]!;
}

/** An agent of the system, which asks for pass phrases on the terminal; it ends with the build. */
async function startAgent(keys: readonly string[], undo: (() => void)[]): Promise<string> {
  for (const program of ["ssh-agent", "ssh-add"]) {
    if (!Bun.which(program))
      throw new Error(
        `--ssh with a key needs the program ${program}: install it (Debian: openssh-client), or name an agent's socket`,
      );
  }
  const folder = mkdtempSync(join(tmpdir(), "docker-ssh-"));
  undo.push(() => rmSync(folder, { recursive: true, force: true }));
  const socket = join(folder, "agent.sock");
  const agent = Bun.spawn(["ssh-agent", "-D", "-a", socket], {
    stdin: "ignore",
    stdout: "pipe",
    stderr: "ignore",
  });
  undo.push(() => agent.kill());
  // It says where it listens when it does.
  await agent.stdout.getReader().read();
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  const adding = Bun.spawnSync(["ssh-add", "-q", ...keys], { env, stdio: ["inherit", "ignore", "pipe"] });
  if (adding.exitCode !== 0)
    throw new Error(`cannot use ${keys.join(", ")} for --ssh: ${adding.stderr.toString().trim()}`);
  return socket;
}
