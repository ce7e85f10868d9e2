import { systemError } from "../../errors/errors.ts";

/** CRIU, and the programs that it runs itself (ip, iptables, tar), are in sbin folders that not every PATH names. */
const FURTHER = ["/usr/local/sbin", "/usr/sbin", "/sbin"];

export interface CriuProgram {
  path: string;
  env: string[];
}

/** Finds CRIU. Throws a system error, the one place that says that it is missing. */
export function findCriu(): CriuProgram {
  const search = [process.env["PATH"], ...FURTHER].filter(Boolean).join(":");
  const path = Bun.which("criu", { PATH: search });
  if (!path)
    throw systemError(
      'checkpoint and restore need CRIU: exec: "criu": executable file not found in $PATH: install the package criu',
    );
  const env = Object.entries({ ...process.env, PATH: search }).map(([name, value]) => `${name}=${value}`);
  return { path, env };
}
