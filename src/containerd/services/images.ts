import { invalidArgument } from "../../errors/errors.ts";
import { service } from "../../grpc/server.ts";
import { type Image, ImagesDefinition } from "../../proto/containerd/services/images/v1/images.ts";
import type { EventExchange } from "../events/exchange.ts";
import type { Collector } from "../gc/collector.ts";
import type { ImageStore } from "../metadata/images.ts";
import { namespaceOf } from "../metadata/validate.ts";

function required(image: Image | undefined): Image {
  if (!image) throw invalidArgument("image is missing in the request: invalid argument");
  return image;
}

export const imagesService = (store: ImageStore, events: EventExchange, collector: Collector) =>
  service(ImagesDefinition, () => ({
    get: ({ name }, context) => ({ image: store.get(namespaceOf(context), name) }),
    list: ({ filters }, context) => ({ images: store.list(namespaceOf(context), filters) }),
    create(request, context) {
      const namespace = namespaceOf(context);
      const image = store.create(namespace, required(request.image));
      events.publish(namespace, "/images/create", { name: image.name, labels: image.labels });
      return { image };
    },
    update(request, context) {
      const namespace = namespaceOf(context);
      const image = store.update(namespace, required(request.image), request.updateMask?.paths);
      events.publish(namespace, "/images/update", { name: image.name, labels: image.labels });
      return { image };
    },
    async delete({ name, sync }, context) {
      const namespace = namespaceOf(context);
      store.delete(namespace, name);
      events.publish(namespace, "/images/delete", { name });
      await collector.after(sync);
      return {};
    },
  }));
