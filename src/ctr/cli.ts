/** What commands work with: clients of the daemon's services, in the chosen namespace. */
import { deadline } from "../errors/errors.ts";
import { type CallOptions, type Channel, connect, createClient, type ServiceClient } from "../grpc/client.ts";
import { unixAnswers } from "../linux/unix-socket.ts";
import type { ServiceDefinition } from "../protobuf/service.ts";

/** Between two looks at the daemon's socket, in milliseconds. */
const RETRY_MS = 20;

export interface CliOptions {
  address: string;
  namespace: string;
  /** Milliseconds for a call that answers once; 0 for no limit. */
  timeout: number;
}

/** What commands need: options that all have, and clients of services over one connection, made when needed. */
export class Cli {
  readonly options: CliOptions;
  readonly #clients = new Map<string, unknown>();
  #channel: Channel | undefined;

  constructor(options: CliOptions) {
    this.options = options;
  }

  get namespace(): string {
    return this.options.namespace;
  }

  /** Options for a call in the chosen namespace. */
  get call(): CallOptions {
    return {
      namespace: this.namespace,
      ...(this.options.timeout > 0 ? { timeout: this.options.timeout } : {}),
    };
  }

  /** For calls that last as long as a container does. */
  get longCall(): CallOptions {
    return { namespace: this.namespace };
  }

  client<S extends ServiceDefinition>(definition: S): ServiceClient<S> {
    this.#channel ??= connect(this.socket);
    let client = this.#clients.get(definition.fullName) as ServiceClient<S> | undefined;
    if (!client) {
      client = createClient(definition, this.#channel);
      this.#clients.set(definition.fullName, client);
    }
    return client;
  }

  /** Waits until the daemon takes connections, for so many milliseconds; 0: does not look. Errors: deadline. */
  async reach(timeout: number): Promise<void> {
    const until = performance.now() + timeout;
    while (performance.now() < until && !unixAnswers(this.socket)) await Bun.sleep(RETRY_MS);
    if (timeout > 0 && !unixAnswers(this.socket))
      throw deadline(`failed to dial ${JSON.stringify(this.socket)}: context deadline exceeded`);
  }

  get socket(): string {
    return this.options.address.replace(/^unix:(\/\/)?/, "");
  }

  close(): void {
    this.#channel?.close();
  }
}

/** Writes to stdout, a line each. */
export function print(...lines: string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}
