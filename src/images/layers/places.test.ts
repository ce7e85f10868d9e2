import { expect, test } from "bun:test";
import { availableParallelism } from "node:os";
import { Growing } from "./growing.ts";
import { UnpackPlaces } from "./places.ts";

const MOST = Math.max(2, Math.min(4, availableParallelism()));
const signal = new AbortController().signal;

test("UnpackPlaces counts a layer that is coming in among all, and lets the next one in when it leaves", async () => {
  const places = new UnpackPlaces();
  const coming = new Growing();
  coming.grow(1);
  const leaveComing = await places.enter(coming.reader(), signal);
  const leave: (() => void)[] = [];
  for (let i = 0; i < MOST - 1; i++) leave.push(await places.enter(undefined, signal));
  let inside = false;
  const next = places.enter(undefined, signal).then((done) => {
    inside = true;
    return done;
  });
  // A second one that is coming in waits until all of it is here, and then for a place.
  const second = new Growing();
  second.grow(1);
  let secondInside = false;
  const slow = places.enter(second.reader(), signal).then((done) => {
    secondInside = true;
    return done;
  });
  await new Promise(setImmediate);
  expect([inside, secondInside]).toEqual([false, false]);
  leaveComing();
  const leaveNext = await next;
  second.finish();
  await new Promise(setImmediate);
  expect(secondInside).toBe(false);
  leaveNext();
  const leaveSlow = await slow;
  for (const done of [leaveSlow, ...leave]) done();
  (await places.enter(coming.reader(), signal))();
});

test("UnpackPlaces: where all places are taken, a layer that is coming in waits until it is here", async () => {
  const places = new UnpackPlaces();
  const leave: (() => void)[] = [];
  for (let i = 0; i < MOST; i++) leave.push(await places.enter(undefined, signal));
  const coming = new Growing();
  coming.grow(1);
  let inside = false;
  const entered = places.enter(coming.reader(), signal).then((done) => {
    inside = true;
    return done;
  });
  await new Promise(setImmediate);
  leave[0]!();
  await new Promise(setImmediate);
  expect(inside).toBe(false);
  coming.finish();
  (await entered)();
});
