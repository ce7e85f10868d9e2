import { service } from "../../grpc/server.ts";
import { VersionDefinition } from "../../proto/containerd/services/version/v1/version.ts";
import { GIT_COMMIT, VERSION } from "../../version/version.ts";

export const versionService = () =>
  service(VersionDefinition, () => ({ version: () => ({ version: VERSION, revision: GIT_COMMIT }) }));
