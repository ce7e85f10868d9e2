/**
 * The one executable: hard-linked under the name of each program, it runs the one it was called by.
 * Each program is loaded only when it is asked for.
 */
const PROGRAMS: Record<string, () => Promise<{ main(args: string[]): void | Promise<void> }>> = {
  docker: () => import("./docker.ts"),
  dockerd: () => import("./dockerd.ts"),
  "docker-containerd": () => import("./docker-containerd.ts"),
  "docker-containerd-ctr": () => import("./docker-containerd-ctr.ts"),
  "docker-containerd-shim": () => import("./docker-containerd-shim.ts"),
  "docker-runc": () => import("./docker-runc.ts"),
  "docker-proxy": () => import("./docker-proxy.ts"),
};

/** containerd finds a shim for "io.containerd.NAME.VERSION" as containerd-shim-NAME-VERSION. */
const SHIM_ALIAS = /^containerd-shim-[\w-]+$/;

function programOf(argv0: string): string | undefined {
  const name = argv0.slice(argv0.lastIndexOf("/") + 1);
  if (Object.hasOwn(PROGRAMS, name)) return name;
  return SHIM_ALIAS.test(name) ? "docker-containerd-shim" : undefined;
}

const args = process.argv.slice(2);
const program = programOf(process.argv0) ?? programOf(args.shift() ?? "");
if (program === undefined) {
  process.stderr.write(
    `called by an unknown name: want one of ${Object.keys(PROGRAMS).join(", ")}, as name or first argument\n`,
  );
  process.exitCode = 2;
} else {
  PROGRAMS[program]!().then((loaded) => loaded.main(args));
}
