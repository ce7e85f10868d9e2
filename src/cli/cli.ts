import { EngineClient } from "../api/client/client.ts";
import type { Endpoint } from "../api/client/endpoint.ts";
import { invalidArgument, isNotFound, messageOf } from "../errors/errors.ts";
import { API_VERSION } from "../version/version.ts";
import { type ConfigFile, configFolder, loadConfig } from "./config/file.ts";
import { resolveEndpoint } from "./connection.ts";
import type { GlobalFlags } from "./global.ts";
import { isTerminal } from "./terminal/is-terminal.ts";
import { writeFully } from "./terminal/output.ts";

/** What every command works with: the engine, the configuration, the standard streams. */
export class Cli {
  readonly global: GlobalFlags;
  #client: EngineClient | undefined;
  #config: ConfigFile | undefined;

  constructor(global: GlobalFlags) {
    this.global = global;
  }

  /** The client of the engine that flags, environment or context name. Errors: invalidArgument. */
  get client(): EngineClient {
    if (!this.#client) {
      const fixed = process.env["DOCKER_API_VERSION"];
      this.#client = new EngineClient(this.#endpoint(), {
        newestVersion: API_VERSION,
        headers: { "User-Agent": "Docker-Client/pequod (linux)", ...this.config.HttpHeaders },
        ...(fixed ? { fixedVersion: fixed } : {}),
      });
    }
    return this.#client;
  }

  #endpoint(): Endpoint {
    try {
      return resolveEndpoint(this.global, this.config);
    } catch (error) {
      if (!isNotFound(error)) throw error;
      throw invalidArgument(`Failed to initialize: unable to resolve docker endpoint: ${messageOf(error)}`);
    }
  }

  /** config.json, read once. A file that cannot be read counts as empty, with a warning. */
  get config(): ConfigFile {
    this.#config ??= loadConfig(this.configFolder, (warning) => this.err(`WARNING: ${warning}\n`));
    return this.#config;
  }

  get configFolder(): string {
    return configFolder(this.global.config);
  }

  out(text: string): void {
    writeFully(1, text);
  }

  err(text: string): void {
    writeFully(2, text);
  }

  /** Whether the descriptor (0, 1, 2) is a terminal. */
  isTerminal(fd: 0 | 1 | 2): boolean {
    return isTerminal(fd);
  }
}
