/** What commands work with: clients of the daemon's services, in the chosen namespace. */
import { type CallOptions, type Channel, connect, createClient, type ServiceClient } from "../grpc/client.ts";
import type { ServiceDefinition } from "../grpc/definition.ts";

export interface CliOptions {
  address: string;
  namespace: string;
  /** Milliseconds for a call that answers once; 0 for no limit. */
  timeout: number;
}

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
    this.#channel ??= connect(this.options.address.replace(/^unix:(\/\/)?/, ""));
    let client = this.#clients.get(definition.fullName) as ServiceClient<S> | undefined;
    if (!client) {
      client = createClient(definition, this.#channel);
      this.#clients.set(definition.fullName, client);
    }
    return client;
  }

  close(): void {
    this.#channel?.close();
  }
}

/** Writes to stdout, a line each. */
export function print(...lines: string[]): void {
  process.stdout.write(lines.map((line) => `${line}\n`).join(""));
}
