import { IntrospectionDefinition } from "../../proto/containerd/services/introspection/v1/introspection.ts";
import { VersionDefinition } from "../../proto/containerd/services/version/v1/version.ts";
import { GIT_COMMIT, VERSION } from "../../version/version.ts";
import { print } from "../cli.ts";
import { command } from "../command.ts";

export const version = command({
  summary: "Show the versions of client and daemon",
  usage: "",
  flags: {},
  min: 0,
  max: 0,
  async run(cli) {
    print("Client:", `  Version:  ${VERSION}`, `  Revision: ${GIT_COMMIT}`, "");
    const server = await cli.client(VersionDefinition).version({}, cli.call);
    const { uuid } = await cli.client(IntrospectionDefinition).server({}, cli.call);
    print("Server:", `  Version:  ${server.version}`, `  Revision: ${server.revision}`, `  UUID: ${uuid}`);
    return undefined;
  },
});
