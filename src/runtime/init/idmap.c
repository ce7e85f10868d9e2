/*
 * Bind mounts that take the host's rights: their trees are made before namespaces change, and op_bind attaches them.
 * Those are idmapped mounts, as a mapping takes root of the file system's own user namespace, and sources in folders
 * that the root of a user namespace cannot enter.
 */
#include "init.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/fsuid.h>
#include <sys/mount.h>
#include <sys/wait.h>

#define MAX_TREES 256
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

/* Keeps a tree, or -1 for "not needed". It must not be a peer of the host's mount, which the container's own are not. */
static void keep_tree(int tree, const char *source)
{
	struct mount_attr attr = { .propagation = MS_SLAVE };
	if (tree_count == MAX_TREES)
		fail(E2BIG, "bind mount of %s: more than %d that take the host's rights", source, MAX_TREES);
	if (tree >= 0 && sys_mount_setattr(tree, AT_EMPTY_PATH | AT_RECURSIVE, &attr) < 0)
		fail(errno, "set the propagation of %s", source);
	trees[tree_count++] = tree;
}

/* numbers: recursive, and the host's user and group who will open the source; texts: source. */
void op_source(const struct op *op)
{
	const char *source = text(op, 0);
	/* A file system user other than root has no capabilities over files. */
	setfsgid((gid_t)op->number[2]);
	setfsuid((uid_t)op->number[1]);
	int from = open(source, O_PATH | O_CLOEXEC);
	bool refused = from < 0 && errno == EACCES;
	setfsuid(geteuid());
	setfsgid(getegid());
	if (refused && (from = open(source, O_PATH | O_CLOEXEC)) < 0)
		fail(errno, "open source %s", source);
	/* Any other error is op_bind's to tell. */
	keep_tree(refused ? clone_tree(from, op->number[0], source) : -1, source);
	if (from >= 0)
		close(from);
}

/* numbers: recursive, whether the whole tree is mapped; texts: source, uid map, gid map, or else a user namespace that has them. */
void op_idmap(const struct op *op)
{
	const char *source = text(op, 0);
	struct mount_attr attr = { .set = MOUNT_ATTR_IDMAP };
	int from = open(source, O_PATH | O_CLOEXEC);
	if (from < 0)
		fail(errno, "open source %s", source);
	int tree = clone_tree(from, op->number[0], source);
	int namespace = *text(op, 3) ? open(text(op, 3), O_RDONLY | O_CLOEXEC) : user_namespace(text(op, 1), text(op, 2));
	if (namespace < 0)
		fail(errno, "open user namespace %s", text(op, 3));
	attr.userns_fd = (uint64_t)namespace;
	if (sys_mount_setattr(tree, AT_EMPTY_PATH | (op->number[1] ? AT_RECURSIVE : 0), &attr) < 0)
		fail(errno, "map the ids of %s (does its file system support idmapped mounts?)", source);
	close(namespace);
	close(from);
	keep_tree(tree, source);
}

/* The tree of the Nth op_idmap or op_source, counted from 1; -1 when it is none of those that take the host's rights. */
int prepared_tree(int64_t n)
{
	if (n < 1 || n > (int64_t)tree_count)
		fail(EINVAL, "bind mount %lld was not prepared", (long long)n);
	return trees[n - 1];
}
