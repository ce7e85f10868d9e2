/*
 * Paths in the container's root. Its content is not trusted and may change while we look: every
 * lookup is one openat2(RESOLVE_IN_ROOT), which cannot leave the root whatever links say, and
 * what was looked up is then used by its descriptor only.
 */
#include "init.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#define MAX_LINKS 40

/* -1 and errno when it fails. */
int open_in_root(const char *path, uint64_t flags)
{
	uint64_t resolve = RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS;
	int tries = 0, fd;
	do /* EAGAIN: something was renamed during the lookup */
		fd = sys_openat2(init.root, *path ? path : "/", flags | O_CLOEXEC, resolve);
	while (fd < 0 && (errno == EAGAIN || errno == EINTR) && ++tries < 1000);
	return fd;
}

/*
 * Replaces the dangling link that PATH begins with (its first LENGTH bytes) by what it points to, so
 * that the target gets created, in the root.
 */
static void follow_dangling(char *path, size_t room, size_t length, size_t slash, int link)
{
	char target[4096], joined[8192];
	ssize_t n = readlinkat(link, "", target, sizeof target - 1);
	int used;
	if (n < 0)
		fail(errno, "read link in %s", path);
	target[n] = 0;
	if (target[0] == '/')
		used = snprintf(joined, sizeof joined, "%s%s", target, path + length);
	else
		used = snprintf(joined, sizeof joined, "%.*s/%s%s", (int)slash, path, target, path + length);
	if ((size_t)used >= room)
		fail(ENAMETOOLONG, "%s", path);
	memcpy(path, joined, (size_t)used + 1);
}

/* Makes what PATH lacks: folders, and as last component a folder or an empty file. Stores the final path. */
static void make_missing(char *path, size_t room, bool folder)
{
	int links = 0;
again:
	for (char *at = path;;) {
		while (*at == '/')
			at++;
		if (!*at)
			return;
		size_t start = (size_t)(at - path);
		size_t length = start + strcspn(at, "/");
		bool last = path[length + strspn(path + length, "/")] == 0;
		char saved = path[length];
		path[length] = 0;
		int fd = open_in_root(path, O_PATH);
		if (fd < 0 && errno != ENOENT)
			fail(errno, "open %s in the root", path);
		if (fd < 0) {
			int link = open_in_root(path, O_PATH | O_NOFOLLOW);
			if (link >= 0) {
				path[length] = saved;
				if (++links > MAX_LINKS)
					fail(ELOOP, "%s", path);
				follow_dangling(path, room, length, start, link);
				close(link);
				goto again;
			}
			const char *name;
			int parent = open_parent(path, &name, false);
			int made = !last || folder ? mkdirat(parent, name, 0755)
						   : mknodat(parent, name, S_IFREG | 0644, 0);
			if (made < 0 && errno != EEXIST)
				fail(errno, "create %s in the root", path);
			close(parent);
		} else {
			close(fd);
		}
		path[length] = saved;
		at = path + length;
	}
}

/* An O_PATH descriptor of the path, made where it does not exist. */
int open_or_make(const char *path, bool folder)
{
	char whole[8192];
	int fd = open_in_root(path, O_PATH);
	if (fd >= 0)
		return fd;
	if (errno != ENOENT)
		fail(errno, "open %s in the root", path);
	if (strlen(path) >= 4096)
		fail(ENAMETOOLONG, "%s", path);
	strcpy(whole, path);
	make_missing(whole, sizeof whole, folder);
	fd = open_in_root(whole, O_PATH);
	if (fd < 0)
		fail(errno, "open %s in the root", path);
	return fd;
}

/* The folder that holds PATH, and PATH's last component. */
int open_parent(const char *path, const char **name, bool make)
{
	char folder[4096];
	const char *slash = strrchr(path, '/');
	size_t length = slash ? (size_t)(slash - path) : 0;
	if (length >= sizeof folder)
		fail(ENAMETOOLONG, "%s", path);
	memcpy(folder, path, length);
	folder[length] = 0;
	*name = slash ? slash + 1 : path;
	if (make)
		return open_or_make(folder, true);
	int fd = open_in_root(folder, O_PATH | O_DIRECTORY);
	if (fd < 0)
		fail(errno, "open %s in the root", folder);
	return fd;
}

bool on_filesystem(int fd, long magic)
{
	struct statfs fs;
	return fstatfs(fd, &fs) == 0 && (long)fs.f_type == magic;
}

/* Fails when the descriptor is the root's /proc or inside it: a mount there could feign what /proc says. */
void refuse_proc(int fd, const char *path)
{
	char link[32], real[4096];
	/* Of "/" nothing stands before the path inside. */
	size_t length = strcmp(init.root_path, "/") == 0 ? 0 : strlen(init.root_path);
	snprintf(link, sizeof link, "self/fd/%d", fd);
	ssize_t n = readlinkat(init.proc, link, real, sizeof real - 1);
	if (n < 0)
		fail(errno, "look up %s", path);
	real[n] = 0;
	const char *inside = strncmp(real, init.root_path, length) == 0 ? real + length : real;
	if (on_filesystem(fd, PROC_SUPER_MAGIC) || strcmp(inside, "/proc") == 0 || strncmp(inside, "/proc/", 6) == 0)
		fail(EPERM, "%s is inside /proc, where only a mount of type proc belongs", path);
}

/* The same file with other flags, through /proc/self/fd. */
int reopen(int fd, int flags)
{
	char link[32];
	snprintf(link, sizeof link, "self/fd/%d", fd);
	return openat(init.proc, link, flags | O_CLOEXEC);
}
