/*
 * Idmapped mounts. The tree is made, and gets its mapping, before namespaces change: that takes root of the file
 * system's own user namespace. op_bind attaches it later.
 */
#include "init.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#define MAX_TREES 64
static int trees[MAX_TREES];
static unsigned tree_count;

static void write_map(pid_t child, const char *name, const char *map)
{
	char path[64];
	snprintf(path, sizeof path, "%d/%s", child, name);
	int fd = openat(init.proc, path, O_WRONLY | O_CLOEXEC);
	if (fd < 0 || write(fd, map, strlen(map)) < 0)
		fail(errno, "write the %s of an idmapped mount", name);
	close(fd);
}

/* A namespace with these mappings; the process that it is made with ends at once. */
static int user_namespace(const char *uid_map, const char *gid_map)
{
	int gate[2];
	char byte, path[64];
	if (pipe2(gate, O_CLOEXEC) < 0)
		fail(errno, "make a user namespace");
	pid_t child = (pid_t)syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);
	if (child < 0)
		fail(errno, "make a user namespace");
	if (child == 0) {
		close(gate[1]);
		_exit(read(gate[0], &byte, 1) < 0);
	}
	close(gate[0]);
	write_map(child, "uid_map", uid_map);
	write_map(child, "gid_map", gid_map);
	snprintf(path, sizeof path, "%d/ns/user", child);
	int fd = openat(init.proc, path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(errno, "open the user namespace of an idmapped mount");
	close(gate[1]);
	waitpid(child, NULL, 0);
	return fd;
}

/* numbers: recursive, whether the whole tree is mapped; texts: source, uid map, gid map. */
void op_idmap(const struct op *op)
{
	const char *source = text(op, 0);
	struct mount_attr attr = { .set = MOUNT_ATTR_IDMAP };
	int from = open(source, O_PATH | O_CLOEXEC);
	if (from < 0)
		fail(errno, "open source %s", source);
	if (tree_count == MAX_TREES)
		fail(E2BIG, "idmapped mount of %s: more than %d of them", source, MAX_TREES);
	int tree = clone_tree(from, op->number[0], source);
	int namespace = user_namespace(text(op, 1), text(op, 2));
	attr.userns_fd = (uint64_t)namespace;
	if (sys_mount_setattr(tree, AT_EMPTY_PATH | (op->number[1] ? AT_RECURSIVE : 0), &attr) < 0)
		fail(errno, "map the ids of %s (does its file system support idmapped mounts?)", source);
	close(namespace);
	close(from);
	trees[tree_count++] = tree;
}

/* The tree of the Nth op_idmap, counted from 1. */
int mapped_tree(int64_t n)
{
	if (n < 1 || n > (int64_t)tree_count)
		fail(EINVAL, "idmapped mount %lld was not prepared", (long long)n);
	return trees[n - 1];
}
