/** process: what runs, as whom, with which rights and limits. */
import { capabilityNumber } from "../../linux/capabilities.ts";
import type { Process, Spec } from "../../oci/runtime-spec.ts";
import { compileRlimits } from "../compile/rlimits.ts";
import { compileScheduling } from "../compile/scheduling.ts";
import { appArmorEnabled, selinuxEnabled } from "../host.ts";
import { pointerOf, type Report } from "./problem.ts";

function checkCommand(report: Report, process: Process): void {
  if (!process.args?.length)
    report.add("/process/args", "is empty", 'name the command, as in "args": ["sh"]');
  if (!process.cwd?.startsWith("/"))
    report.add("/process/cwd", `${JSON.stringify(process.cwd)} is not an absolute path`, 'use "/"');
  (process.env ?? []).forEach((entry, i) => {
    if (!/^[^=]+=/.test(entry))
      report.add(
        pointerOf("process", "env", i),
        `${JSON.stringify(entry)} is not NAME=VALUE`,
        "write NAME=VALUE, or remove it",
      );
  });
}

function checkCapabilities(report: Report, process: Process): void {
  const sets = process.capabilities ?? {};
  for (const [set, names] of Object.entries(sets) as [keyof typeof sets, string[]][]) {
    (names ?? []).forEach((name, i) => {
      if (capabilityNumber(name) === undefined)
        report.add(
          pointerOf("process", "capabilities", set, i),
          `${JSON.stringify(name)} is not a capability: the process goes without it`,
          "use a name of capabilities(7), such as CAP_CHOWN, or remove it",
        );
    });
  }
  const permitted = new Set(sets.permitted ?? []);
  const inheritable = new Set(sets.inheritable ?? []);
  const missing = (sets.effective ?? []).filter((name) => !permitted.has(name));
  if (missing.length > 0)
    report.add(
      "/process/capabilities/effective",
      `has ${missing.join(", ")}, which is not permitted`,
      "add it to permitted as well",
    );
  const loose = (sets.ambient ?? []).filter((name) => !permitted.has(name) || !inheritable.has(name));
  if (loose.length > 0)
    report.add(
      "/process/capabilities/ambient",
      `has ${loose.join(", ")}, which is not both permitted and inheritable`,
      "add it to permitted and inheritable as well, or remove it",
    );
}

function checkLimits(report: Report, process: Process): void {
  const limits = process.rlimits ?? [];
  limits.forEach((limit, i) => {
    const pointer = pointerOf("process", "rlimits", i);
    report.attempt(pointer, "use a name of setrlimit(2), such as RLIMIT_NOFILE", () =>
      compileRlimits({ ...process, rlimits: [limit] }),
    );
    if (limits.findIndex(({ type }) => type === limit.type) !== i)
      report.add(pointer, `${limit.type} is given twice`, "remove one of them");
    if (limit.hard >= 0 && limit.soft > limit.hard)
      report.add(
        pointer,
        `the soft limit ${limit.soft} is above the hard limit ${limit.hard}`,
        "lower soft or raise hard",
      );
  });
}

/** Adds the problems of process. */
export function checkProcess(report: Report, { process }: Spec): void {
  if (!process) {
    report.add("/process", "is missing", "docker-runc spec writes one to begin with");
    return;
  }
  checkCommand(report, process);
  checkCapabilities(report, process);
  checkLimits(report, process);
  report.attempt("/process/scheduler", "use the values of sched_setattr(2)", () =>
    compileScheduling({ ...process, ...{ ioPriority: undefined } } as Process),
  );
  const { oomScoreAdj, apparmorProfile, consoleSize, terminal } = process;
  if (oomScoreAdj !== undefined && (oomScoreAdj < -1000 || oomScoreAdj > 1000))
    report.add("/process/oomScoreAdj", `${oomScoreAdj} is out of range`, "use -1000 to 1000");
  if (apparmorProfile && !appArmorEnabled())
    report.add(
      "/process/apparmorProfile",
      "AppArmor is not enabled on this host",
      "remove it, or enable AppArmor",
    );
  if (process.selinuxLabel && !selinuxEnabled())
    report.add(
      "/process/selinuxLabel",
      "SELinux is not enabled on this host",
      "remove it, or enable SELinux",
    );
  if (consoleSize && !terminal)
    report.add(
      "/process/consoleSize",
      "has no effect without a terminal",
      'set "terminal": true, or remove it',
    );
}
