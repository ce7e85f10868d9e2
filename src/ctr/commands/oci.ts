import { command, type Group } from "../command.ts";
import { printJSON } from "../output.ts";
import { DEFAULT_CAPABILITIES, makeSpec } from "../run/spec.ts";

const spec = command({
  summary: "Print the specification that run starts from",
  usage: "",
  flags: {},
  min: 0,
  max: 0,
  async run(cli) {
    printJSON(
      makeSpec({
        ...{ id: "", namespace: cli.namespace, rootfs: "rootfs", args: ["sh"], env: [], cwd: "/", user: "" },
        ...{ terminal: false, readonly: false, hostNetwork: false, privileged: false },
        ...{ capabilities: DEFAULT_CAPABILITIES, mounts: [], memory: undefined },
      }),
    );
    return undefined;
  },
});

export const oci: Group = { summary: "OCI tools", commands: { spec } };
