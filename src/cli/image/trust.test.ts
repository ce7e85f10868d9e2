import { afterEach, expect, test } from "bun:test";
import { refuseContentTrust } from "./trust.ts";

const before = process.env["DOCKER_CONTENT_TRUST"];
afterEach(() => {
  if (before === undefined) delete process.env["DOCKER_CONTENT_TRUST"];
  else process.env["DOCKER_CONTENT_TRUST"] = before;
});

test.each([
  [undefined, { disabled: true, given: false }, false],
  [undefined, { disabled: false, given: true }, true],
  ["0", { disabled: true, given: false }, false],
  ["1", { disabled: true, given: false }, true],
  ["yes", { disabled: true, given: false }, true],
  ["1", { disabled: true, given: true }, false],
])("with DOCKER_CONTENT_TRUST=%p and %p, refused: %p", (variable, choice, refused) => {
  if (variable === undefined) delete process.env["DOCKER_CONTENT_TRUST"];
  else process.env["DOCKER_CONTENT_TRUST"] = variable;
  const check = () => refuseContentTrust(choice);
  if (refused) expect(check).toThrow("content trust is not implemented");
  else expect(check).not.toThrow();
});
