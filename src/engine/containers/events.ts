import type { Container } from "./container.ts";
import type { Env } from "./env.ts";

/** Publishes a container event with the attributes that stock gives: labels, image, name, and the action's own. */
export function publish(
  env: Env,
  container: Container,
  action: string,
  more: Record<string, string> = {},
): void {
  env.events.publish("container", action, container.id, {
    ...container.labels,
    image: container.config.Image ?? "",
    name: container.name,
    ...more,
  });
}
