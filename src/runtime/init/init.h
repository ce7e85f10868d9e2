/* The plan executor: what its files share. See main.c for how a plan runs. */
#ifndef INIT_H
#define INIT_H

#include "kernel.h"
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* One operation in the plan's memory, followed by its numbers and then where its texts are (src/runtime/plan/encode.ts). */
struct op {
	uint16_t code;
	uint8_t numbers, texts;
	uint32_t size;
	int64_t number[];
};

struct state {
	int proc;               /* the host's /proc, checked to be procfs */
	int root;               /* the container's root mount, until pivot */
	int sync;               /* socket to docker-runc, -1 once closed */
	uint32_t index;         /* of the running operation */
	bool child;             /* whether clone has happened */
	char root_path[4096];   /* where the root was mounted */
	char command[4096];     /* what find_command found */
	char home[4096 + 8];    /* "HOME=...", or empty */
	char *state_json;       /* for hooks, from docker-runc */
};
extern struct state init;

/* Messages to docker-runc; src/runtime/launch/channel.ts reads them. */
enum { MSG_PID = 1, MSG_SYNC = 2, MSG_READY = 3, MSG_ERROR = 4, MSG_LISTENER = 5 };

/* main.c */
const char *text(const struct op *op, unsigned n);
uint32_t text_length(const struct op *op, unsigned n);

/* report.c */
_Noreturn void fail(int error, const char *format, ...) __attribute__((format(printf, 2, 3)));
void send_message(uint32_t kind, int32_t value, const char *note);
void send_descriptor(int socket, int fd, const void *data, size_t length);
char *wait_for_go(void);

/* path.c */
int open_in_root(const char *path, uint64_t flags);
int open_or_make(const char *path, bool folder);
int open_parent(const char *path, const char **name, bool make);
void refuse_proc(int fd, const char *path);
int reopen(int fd, int flags);
bool on_filesystem(int fd, long magic);

/* mount.c, idmap.c */
int clone_tree(int fd, bool recursive, const char *what);
int prepared_tree(int64_t n);

/* copy_up.c */
void copy_up(int covered, int mount);

void run_op(const struct op *op);

#define DECLARE(number, name) void op_##name(const struct op *op);
#include "ops.h"
OPS(DECLARE)
#undef DECLARE

#endif
