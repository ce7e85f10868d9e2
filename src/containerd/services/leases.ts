import { invalidArgument } from "../../errors/errors.ts";
import { service } from "../../grpc/server.ts";
import { LeasesDefinition, type Resource } from "../../proto/containerd/services/leases/v1/leases.ts";
import type { Collector } from "../gc/collector.ts";
import type { Lease, LeaseStore } from "../metadata/leases.ts";
import { namespaceOf } from "../metadata/validate.ts";
import { fromMillis } from "../timestamp.ts";

const wire = ({ id, createdAt, labels }: Lease) => ({ id, labels, createdAt: fromMillis(createdAt) });

function required(resource: Resource | undefined): Resource {
  if (!resource) throw invalidArgument("resource is missing in the request: invalid argument");
  return resource;
}

export const leasesService = (store: LeaseStore, collector: Collector) =>
  service(LeasesDefinition, () => ({
    create: ({ id, labels }, context) => ({ lease: wire(store.create(namespaceOf(context), id, labels)) }),
    async delete({ id, sync }, context) {
      store.delete(namespaceOf(context), id);
      await collector.after(sync);
      return {};
    },
    list: ({ filters }, context) => ({ leases: store.list(namespaceOf(context), filters).map(wire) }),
    addResource({ id, resource }, context) {
      store.addResource(namespaceOf(context), id, required(resource));
      return {};
    },
    deleteResource({ id, resource }, context) {
      store.removeResource(namespaceOf(context), id, required(resource));
      return {};
    },
    listResources: ({ id }, context) => ({ resources: store.resources(namespaceOf(context), id) }),
  }));
