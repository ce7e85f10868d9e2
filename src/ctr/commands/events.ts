import { EventsDefinition } from "../../proto/containerd/services/events/v1/events.ts";
import { print } from "../cli.ts";
import { command } from "../command.ts";
import { decodeEvent, formatEventTime } from "../events.ts";

export const events = command({
  summary: "Show events as they come, of all namespaces unless filtered",
  usage: "[FILTER...]",
  flags: {},
  min: 0,
  async run(cli, { args }) {
    for await (const { timestamp, namespace, topic, event } of cli
      .client(EventsDefinition)
      .subscribe({ filters: args }, {})) {
      print(`${formatEventTime(timestamp)} ${namespace} ${topic} ${event ? decodeEvent(event) : ""}`);
    }
    return undefined;
  },
});
