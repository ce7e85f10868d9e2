import { messageOf } from "../../errors/errors.ts";
import type { Cli } from "../cli.ts";
import { ExitError, type Invocation } from "../command.ts";
import { refuseContentTrust } from "../image/trust.ts";
import type { Creation } from "./create-container.ts";
import { createBody } from "./options/create-body.ts";
import { proxiesFor } from "./options/proxies.ts";
import type { CREATE_FLAGS } from "./run-flags.ts";

const PULL_POLICIES = ["always", "missing", "never"];
const USAGE_CODE = 125;

/** An error about the command line or the engine, with a hint at the command's help. */
export function withHelp(message: string, command: string, code: number): ExitError {
  return new ExitError(code, `docker: ${message}\n\nRun 'docker ${command} --help' for more information`);
}

/** What `run` and `create` are to make. Errors: ExitError with code 125. */
export function creationOf(
  cli: Cli,
  invocation: Invocation<typeof CREATE_FLAGS>,
  command: "run" | "create",
): Creation {
  const { flags, given, args } = invocation;
  try {
    const pull = flags.pull || "missing";
    if (!PULL_POLICIES.includes(pull))
      throw new Error(
        `invalid pull option: '${pull}': must be one of ${PULL_POLICIES.map((p) => `"${p}"`)
          .join(", ")
          .replace(/, (?=[^,]*$)/, " or ")}`,
      );
    const [image, ...words] = args as [string, ...string[]];
    if (!/@sha256:/.test(image)) {
      const disabled = flags["disable-content-trust"];
      refuseContentTrust({ disabled, given: given.has("disable-content-trust") });
    }
    const proxies = proxiesFor(cli.config, cli.client.endpoint.url);
    return {
      body: createBody({ flags, given, image, command: words, proxies }),
      name: flags.name,
      platform: flags.platform ?? process.env["DOCKER_DEFAULT_PLATFORM"],
      pull,
      quiet: flags.quiet,
    };
  } catch (error) {
    throw withHelp(messageOf(error), command, USAGE_CODE);
  }
}
