import { notImplemented } from "../../../errors/errors.ts";
import type { Container } from "../container.ts";
import type { Env } from "../env.ts";

export async function statsOf(
  _env: Env,
  _c: Container,
  _oneShot: boolean,
  _signal: AbortSignal,
): Promise<unknown> {
  throw notImplemented("stats are not implemented yet");
}
export async function* statsStream(_env: Env, _c: Container, _signal: AbortSignal): AsyncIterable<unknown> {
  yield* [];
  throw notImplemented("stats are not implemented yet");
}
