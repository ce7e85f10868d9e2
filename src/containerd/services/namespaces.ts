import { invalidArgument } from "../../errors/errors.ts";
import { service } from "../../grpc/server.ts";
import {
  type Namespace,
  NamespacesDefinition,
} from "../../proto/containerd/services/namespaces/v1/namespaces.ts";
import type { EventExchange } from "../events/exchange.ts";
import { maskedLabels } from "../metadata/field-mask.ts";
import type { NamespaceStore } from "../metadata/namespaces.ts";

function required(namespace: Namespace | undefined): Namespace {
  if (!namespace) throw invalidArgument("namespace is missing in the request: invalid argument");
  return namespace;
}

/** Events about a namespace are published in it. */
export const namespacesService = (store: NamespaceStore, events: EventExchange) =>
  service(NamespacesDefinition, () => ({
    get: ({ name }) => ({ namespace: { name, labels: store.labels(name) } }),
    list: () => ({ namespaces: store.list() }),
    create({ namespace }) {
      const { name, labels } = required(namespace);
      store.create(name, labels);
      events.publish(name, "/namespaces/create", { name, labels });
      return { namespace: { name, labels } };
    },
    update({ namespace, updateMask }) {
      const { name, labels: given } = required(namespace);
      const odd = updateMask?.paths.find((path) => path !== "labels" && !path.startsWith("labels."));
      if (odd !== undefined) throw invalidArgument(`cannot update ${JSON.stringify(odd)} field`);
      const labels = maskedLabels(store.labels(name), given, updateMask?.paths);
      store.setLabels(name, labels);
      events.publish(name, "/namespaces/update", { name, labels });
      return { namespace: { name, labels } };
    },
    delete({ name }) {
      store.delete(name);
      events.publish(name, "/namespaces/delete", { name });
      return {};
    },
  }));
