import { messageOf } from "../../errors/errors.ts";

/** What a credential helper says when it knows nothing. */
const NOT_FOUND = "credentials not found in native keychain";

export interface HelperAnswer {
  ok: boolean;
  output: string;
}

/** Runs the credential helper `docker-credential-NAME` with an action. Errors: when it cannot be run. */
async function runHelper(name: string, action: string, input: string): Promise<HelperAnswer> {
  const program = `docker-credential-${name}`;
  if (!Bun.which(program))
    throw new Error(`err: exec: ${JSON.stringify(program)}: executable file not found in $PATH, out: \`\``);
  const child = Bun.spawn([program, action], { stdin: new Blob([input]), stdout: "pipe", stderr: "inherit" });
  const output = (await new Response(child.stdout).text()).trim();
  return { ok: (await child.exited) === 0, output };
}

/** The name and secret kept for a server; undefined when there are none. Errors: the helper's. */
export async function helperGet(
  name: string,
  server: string,
): Promise<{ Username: string; Secret: string } | undefined> {
  const { ok, output } = await asked("getting", () => runHelper(name, "get", server));
  if (ok) return JSON.parse(output) as { Username: string; Secret: string };
  if (output === NOT_FOUND) return undefined;
  throw new Error(`error getting credentials - err: exit status 1, out: \`${output}\``);
}

/** Keeps a name and a secret. Errors: the helper's. */
export async function helperStore(
  name: string,
  credentials: { ServerURL: string; Username: string; Secret: string },
): Promise<void> {
  const { ok, output } = await asked("storing", () =>
    runHelper(name, "store", `${JSON.stringify(credentials)}\n`),
  );
  if (!ok) throw new Error(`error storing credentials - err: exit status 1, out: \`${output}\``);
}

/** Forgets what is kept for a server. Errors: the helper's. */
export async function helperErase(name: string, server: string): Promise<void> {
  const { ok, output } = await asked("erasing", () => runHelper(name, "erase", server));
  if (!ok) throw new Error(`error erasing credentials - err: exit status 1, out: \`${output}\``);
}

async function asked(what: string, run: () => Promise<HelperAnswer>): Promise<HelperAnswer> {
  try {
    return await run();
  } catch (error) {
    throw new Error(`error ${what} credentials - ${messageOf(error)}`);
  }
}
