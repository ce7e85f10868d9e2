/**
 * `docker-containerd oci-hook -- PROGRAM ARGUMENTS`: a hook of an OCI runtime, which becomes the program, with what the
 * arguments and the environment ask for of the container in its place: {{id}}, {{bundle}}, {{rootfs}}, {{pid}}, {{status}},
 * {{annotation "NAME"}}.
 */
import { readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { invalidArgument, messageOf } from "../errors/errors.ts";
import { becomeProgram } from "../linux/exec.ts";

/** What a runtime hands to its hooks on standard input (runtime specification, "State"), as far as it is used here. */
export interface HookState {
  id: string;
  bundle: string;
  pid?: number;
  status?: string;
  annotations?: Record<string, string>;
}

/** Puts facts of the container in place of what is in braces. Errors: invalidArgument. */
export function render(text: string, state: HookState, rootfs: string): string {
  return text.replace(/\{\{\s*(\w+)(?:\s+"([^"]*)")?\s*\}\}/g, (whole, name: string, argument?: string) => {
    if (name === "annotation" && argument !== undefined) return state.annotations?.[argument] ?? "";
    const facts: Record<string, string> = {
      id: state.id,
      bundle: state.bundle,
      rootfs,
      pid: String(state.pid ?? 0),
      status: state.status ?? "",
    };
    const fact = argument === undefined && Object.hasOwn(facts, name) ? facts[name] : undefined;
    if (fact === undefined)
      throw invalidArgument(
        `oci-hook: ${whole} is not known: want id, bundle, rootfs, pid, status or annotation "NAME"`,
      );
    return fact;
  });
}

function parse<T>(what: string, read: () => string): T {
  try {
    return JSON.parse(read()) as T;
  } catch (cause) {
    throw invalidArgument(`oci-hook: ${what}: ${messageOf(cause)}`, { cause });
  }
}

/** Does not come back. Errors: invalidArgument; what execve(2) refuses. */
export async function ociHookMain(args: string[]): Promise<never> {
  const [program, ...rest] = args[0] === "--" ? args.slice(1) : args;
  if (program === undefined)
    throw invalidArgument("oci-hook: no program is named: want oci-hook -- PROGRAM ARGUMENTS");
  const input = await Bun.stdin.text();
  const state = parse<HookState>("the container's state on standard input", () => input);
  const path = join(state.bundle, "config.json");
  const spec = parse<{ root?: { path?: string } }>(path, () => readFileSync(path, "utf8"));
  const rootfs = resolve(state.bundle, spec.root?.path ?? "");
  const fill = (text: string) => render(text, state, rootfs);
  const env = Object.entries(process.env).map(([name, value]) => [name, fill(value ?? "")]);
  return becomeProgram(fill(program), [program, ...rest].map(fill), Object.fromEntries(env));
}
