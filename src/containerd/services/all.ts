import type { Service } from "../../grpc/server.ts";
import type { Logger } from "../../log/log.ts";
import type { Layout } from "../config.ts";
import { ContentStore } from "../content/store.ts";
import type { EventExchange } from "../events/exchange.ts";
import { Collector } from "../gc/collector.ts";
import type { ContainerStore } from "../metadata/containers.ts";
import type { Metadata } from "../metadata/database.ts";
import { ImageStore } from "../metadata/images.ts";
import { LeaseStore } from "../metadata/leases.ts";
import type { NamespaceStore } from "../metadata/namespaces.ts";
import { Snapshotters } from "../snapshots/all.ts";
import type { TaskManager } from "../tasks/manager.ts";
import { containersService } from "./containers.ts";
import { contentService } from "./content.ts";
import { diffService } from "./diff.ts";
import { eventsService } from "./events.ts";
import { healthService } from "./health.ts";
import { imagesService } from "./images.ts";
import { introspectionService } from "./introspection.ts";
import { leasesService } from "./leases.ts";
import { namespacesService } from "./namespaces.ts";
import { snapshotsService } from "./snapshots.ts";
import { tasksService } from "./tasks.ts";
import { versionService } from "./version.ts";

/** The daemon's parts, as services need them. */
export interface Parts {
  layout: Layout;
  db: Metadata;
  events: EventExchange;
  namespaces: NamespaceStore;
  containers: ContainerStore;
  tasks: TaskManager;
  log: Logger;
  uuid: string;
}

export interface Services {
  services: Service[];
  collector: Collector;
}

/** Every service that the daemon offers. */
export function allServices({
  layout,
  db,
  events,
  namespaces,
  containers,
  tasks,
  log,
  uuid,
}: Parts): Services {
  const content = new ContentStore(layout.content, db, namespaces);
  const images = new ImageStore(db, namespaces);
  const leases = new LeaseStore(db, namespaces);
  const snapshotters = new Snapshotters(layout, db, namespaces);
  const collector = new Collector({ namespaces, containers, images, leases, content, snapshotters, log });
  const services = [
    versionService(),
    healthService(),
    introspectionService(uuid),
    namespacesService(namespaces, events),
    containersService(containers, events),
    tasksService(tasks, containers, content, leases),
    eventsService(events),
    contentService(content, leases, events),
    imagesService(images, events, collector),
    leasesService(leases, collector),
    snapshotsService(snapshotters, leases, events, collector),
    diffService(content, leases),
  ];
  return { services, collector };
}
