import type { Service } from "../../grpc/server.ts";
import type { Logger } from "../../log/log.ts";
import type { Config, Layout } from "../config.ts";
import type { EventExchange } from "../events/exchange.ts";
import type { ContainerStore } from "../metadata/containers.ts";
import type { Metadata } from "../metadata/database.ts";
import type { NamespaceStore } from "../metadata/namespaces.ts";
import type { TaskManager } from "../tasks/manager.ts";
import { containersService } from "./containers.ts";
import { eventsService } from "./events.ts";
import { healthService } from "./health.ts";
import { introspectionService } from "./introspection.ts";
import { namespacesService } from "./namespaces.ts";
import { tasksService } from "./tasks.ts";
import { versionService } from "./version.ts";

/** The daemon's parts, as services need them. */
export interface Parts {
  config: Config;
  layout: Layout;
  db: Metadata;
  events: EventExchange;
  namespaces: NamespaceStore;
  containers: ContainerStore;
  tasks: TaskManager;
  log: Logger;
  uuid: string;
}

/** Every service that the daemon offers. */
export function allServices(parts: Parts): Service[] {
  const { events, namespaces, containers, tasks } = parts;
  return [
    versionService(),
    healthService(),
    introspectionService(parts.uuid),
    namespacesService(namespaces, events),
    containersService(containers, events),
    tasksService(tasks, containers),
    eventsService(events),
  ];
}
