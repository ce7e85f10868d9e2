import type { CallOptions } from "../../grpc/client.ts";
import { LeasesDefinition } from "../../proto/containerd/services/leases/v1/leases.ts";
import type { Cli } from "../cli.ts";

/** Should we be killed, the lease goes by itself. */
const LIFETIME = 24 * 3600_000;

/** Keeps what `use` makes, with the call options it is given, from the garbage collector until it has ended. */
export async function withLease<T>(cli: Cli, use: (call: CallOptions) => Promise<T>): Promise<T> {
  const leases = cli.client(LeasesDefinition);
  const labels = { "containerd.io/gc.expire": new Date(Date.now() + LIFETIME).toISOString() };
  const { lease } = await leases.create({ labels }, cli.call);
  const id = lease!.id;
  try {
    return await use({ ...cli.longCall, lease: id });
  } finally {
    await leases.delete({ id }, cli.call);
  }
}
