/** Every problem of a bundle, not only the first. */
import { errnoOf, messageOf } from "../../errors/errors.ts";
import { cgroupLayout } from "../../linux/cgroup/layout.ts";
import { readSmallFile } from "../../linux/fd.ts";
import type { Spec } from "../../oci/runtime-spec.ts";
import type { Facts } from "../compile/facts.ts";
import { appArmorEnabled, knownCapabilities, selinuxEnabled } from "../host.ts";
import { checkHooks, checkMounts, checkRoot } from "./bundle.ts";
import { checkLinux } from "./linux.ts";
import { type Problem, Report } from "./problem.ts";
import { checkProcess } from "./process.ts";
import { checkTypes } from "./shape.ts";

function factsFor(bundle: string): Facts {
  return {
    id: "check",
    bundle,
    cgroup: [],
    hierarchies: cgroupLayout().hierarchies,
    fds: {},
    pidFile: false,
    preserveFds: 0,
    noPivot: false,
    noNewKeyring: false,
    knownCapabilities: knownCapabilities(),
    appArmor: appArmorEnabled(),
    selinux: selinuxEnabled(),
    kcore: false,
    rootless: false,
    umask: 0o022,
  };
}

function readDocument(bundle: string, report: Report): unknown {
  const path = `${bundle}/config.json`;
  try {
    return JSON.parse(readSmallFile(path));
  } catch (error) {
    const missing = errnoOf(error) === "ENOENT";
    const problem = missing ? `${path} does not exist` : `${path} is not JSON: ${messageOf(error)}`;
    report.add("", problem, missing ? "docker-runc spec writes one" : "correct the syntax there");
    return undefined;
  }
}

/** The problems of the bundle in the order of config.json's parts; none: it can run. */
export async function checkBundle(bundle: string): Promise<Problem[]> {
  const report = new Report();
  const document = readDocument(bundle, report);
  if (document === undefined) return report.problems;
  const spec = checkTypes(report, document);
  if (spec) report.addOthers(await checkMeaning(bundle, spec));
  return report.problems;
}

/** What is wrong with members whose types are right. */
async function checkMeaning(bundle: string, spec: Spec): Promise<Problem[]> {
  const report = new Report();
  if (!/^[01]\./.test(spec.ociVersion ?? ""))
    report.add(
      "/ociVersion",
      `${JSON.stringify(spec.ociVersion)} is not a version that is known here`,
      'use "1.2.0"',
    );
  checkProcess(report, spec);
  checkRoot(report, spec, bundle);
  checkMounts(report, spec, factsFor(bundle));
  checkHooks(report, spec);
  await checkLinux(report, spec);
  return report.problems;
}
