/** An ssh agent with one key, and a program that asks one for its keys (draft-miller-ssh-agent). */
import { rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";

export interface SshAgent {
  path: string;
  /** Of its key. */
  comment: string;
  stop(): void;
}

const IDENTITIES_ANSWER = 12;

const uint32 = (value: number): Buffer => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
};
const string = (bytes: Uint8Array | string): Buffer =>
  Buffer.concat([uint32(bytes.length), Buffer.from(bytes)]);

/** Answers every request with its one key. */
export function startAgent(path: string): SshAgent {
  const comment = "key-of-the-test";
  const key = Buffer.concat([string("ssh-ed25519"), string(Buffer.alloc(32, 7))]);
  const answer = string(
    Buffer.concat([Buffer.of(IDENTITIES_ANSWER), uint32(1), string(key), string(comment)]),
  );
  const server = createServer((socket) => {
    socket.on("error", () => {});
    socket.on("data", () => void socket.write(answer));
  }).listen(path);
  return { path, comment, stop: () => void server.close() };
}

const ASKER = `#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
static void all(int fd, unsigned char *at, int left) {
  while (left > 0) {
    int got = read(fd, at, left);
    if (got <= 0) exit(3);
    at += got; left -= got;
  }
}
static int number(unsigned char *at) { return at[0] << 24 | at[1] << 16 | at[2] << 8 | at[3]; }
int main(void) {
  struct sockaddr_un to = {.sun_family = AF_UNIX};
  unsigned char buffer[65536], ask[] = {0, 0, 0, 1, 11};
  char *path = getenv("SSH_AUTH_SOCK");
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (!path) return 1;
  strncpy(to.sun_path, path, sizeof to.sun_path - 1);
  if (connect(fd, (struct sockaddr *)&to, sizeof to)) { perror(path); return 2; }
  write(fd, ask, sizeof ask);
  all(fd, buffer, 4);
  int length = number(buffer);
  if (length > (int)sizeof buffer) return 4;
  all(fd, buffer, length);
  unsigned char *key = buffer + 5, *comment = key + 4 + number(key);
  printf("%.*s\\n", number(comment), comment + 4);
  return buffer[0] == 12 ? 0 : 5;
}
`;

/** Compiles a static program that prints the comment of the first key of the agent at $SSH_AUTH_SOCK. */
export function writeAsker(path: string): void {
  writeFileSync(`${path}.c`, ASKER);
  const child = Bun.spawnSync(["musl-gcc", "-static", "-Os", "-o", path, `${path}.c`], { stderr: "pipe" });
  rmSync(`${path}.c`);
  if (child.exitCode !== 0) throw new Error(child.stderr.toString());
}
