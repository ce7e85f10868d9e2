/** AppArmor's profile of containers that ask for none. */

/** As the specification and `docker inspect` name it. */
export const DEFAULT_PROFILE = "docker-default";

const rulesOf = (name: string) => `  network,
  capability,
  file,
  umount,

  # The engine and the runtime stop the container; its processes may signal each other.
  signal (receive) peer=unconfined,
  signal (send,receive) peer=${name},
  ptrace (trace,read,tracedby,readby) peer=${name},

  deny mount,

  # Of /proc, only what belongs to processes, and of its sysctls only shared memory, may be written.
  deny @{PROC}/* w,
  deny @{PROC}/{[^1-9],[^1-9][^0-9],[^1-9s][^0-9y][^0-9s],[^1-9][^0-9][^0-9][^0-9/]*}/** w,
  deny @{PROC}/sys/[^k]** w,
  deny @{PROC}/sys/kernel/{?,??,[^s][^h][^m]**} w,
  deny @{PROC}/sysrq-trigger rwklx,
  deny @{PROC}/kcore rwklx,

  # Of /sys, only cgroups may be written.
  deny /sys/[^f]*/** wklx,
  deny /sys/f[^s]*/** wklx,
  deny /sys/fs/[^c]*/** wklx,
  deny /sys/fs/c[^g]*/** wklx,
  deny /sys/fs/cg[^r]*/** wklx,
  deny /sys/firmware/** rwklx,
  deny /sys/devices/virtual/powercap/** rwklx,
  deny /sys/kernel/security/** rwklx,
`;

export interface ProfileOptions {
  /** Default: docker-default. */
  name?: string;
  /** /etc/apparmor.d/tunables/global is there. */
  tunables: boolean;
  /** /etc/apparmor.d/abstractions/base is there. */
  abstractions: boolean;
  /** The profile that dockerd itself is in, which must be able to end containers. */
  daemon?: string;
}

/** The text for apparmor_parser(8). */
export function defaultProfile(options: ProfileOptions): string {
  const { name = DEFAULT_PROFILE, tunables, abstractions, daemon = "unconfined" } = options;
  const own = daemon === "unconfined" ? "" : `  signal (receive) peer=${JSON.stringify(daemon)},\n`;
  return `${tunables ? "#include <tunables/global>" : "@{PROC}=/proc/"}

profile ${name} flags=(attach_disconnected,mediate_deleted) {
${abstractions ? "  #include <abstractions/base>\n\n" : ""}${rulesOf(name)}${own}}
`;
}
