/*
 * Mounts, by descriptor: each is made detached (fsopen, open_tree), gets its attributes while nobody
 * can see it, and is then attached to a target that is open already. No path is walked twice.
 */
#include "init.h"
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/xattr.h>

static void set_attributes(int fd, uint64_t set, uint64_t clear, uint64_t propagation, bool recursive)
{
	struct mount_attr attr = { .set = set, .clear = clear, .propagation = propagation };
	if ((set | clear | propagation) == 0)
		return;
	if (sys_mount_setattr(fd, AT_EMPTY_PATH | (recursive ? AT_RECURSIVE : 0), &attr) < 0)
		fail(errno, "set mount attributes");
}

int clone_tree(int fd, bool recursive, const char *what)
{
	int tree = sys_open_tree(fd, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC | (recursive ? AT_RECURSIVE : 0));
	if (tree < 0)
		fail(errno, "clone the mount of %s", what);
	return tree;
}

/* Reads what the file system itself says about the failure, if anything. */
static _Noreturn void fail_fs(int fs, const char *doing, const char *type, const char *detail)
{
	int error = errno;
	char said[512];
	ssize_t n = fs < 0 ? -1 : read(fs, said, sizeof said - 1);
	if (n > 0) {
		said[n] = 0;
		said[strcspn(said, "\n")] = 0;
		fail(error, "%s %s %s (%s)", doing, type, detail, said[0] && said[1] == ' ' ? said + 2 : said);
	}
	fail(error, "%s %s%s%s", doing, type, *detail ? " " : "", detail);
}

/* OPTIONS: "name" or "name=value", each ended by NUL. */
static int make_filesystem(const char *type, const char *source, const char *options, uint32_t length, unsigned attributes)
{
	int fs = (int)syscall(SYS_fsopen, type, FSOPEN_CLOEXEC);
	if (fs < 0)
		fail_fs(fs, "open file system", type, "");
	if (*source && syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, "source", source, 0) < 0)
		fail_fs(fs, "set source of", type, source);
	for (const char *at = options; at < options + length; at += strlen(at) + 1) {
		char name[4096];
		const char *equals = strchr(at, '=');
		size_t size = equals ? (size_t)(equals - at) : strlen(at);
		if (size >= sizeof name)
			fail(ENAMETOOLONG, "option of %s", type);
		memcpy(name, at, size);
		name[size] = 0;
		long done = equals ? syscall(SYS_fsconfig, fs, FSCONFIG_SET_STRING, name, equals + 1, 0)
				   : syscall(SYS_fsconfig, fs, FSCONFIG_SET_FLAG, name, NULL, 0);
		if (done < 0)
			fail_fs(fs, "set option of", type, at);
	}
	if (syscall(SYS_fsconfig, fs, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		fail_fs(fs, "mount", type, source);
	int mount = (int)syscall(SYS_fsmount, fs, FSMOUNT_CLOEXEC, attributes);
	if (mount < 0)
		fail_fs(fs, "mount", type, source);
	close(fs);
	return mount;
}

static bool has_option(const char *options, uint32_t length, const char *name)
{
	for (const char *at = options; at < options + length; at += strlen(at) + 1)
		if (strncmp(at, name, strlen(name)) == 0)
			return true;
	return false;
}

static void attach(int mount, int target, const char *path)
{
	struct stat from, to;
	if (sys_move_mount(mount, target) == 0)
		return;
	int error = errno;
	if (error == EINVAL && fstat(mount, &from) == 0 && fstat(target, &to) == 0 && S_ISDIR(from.st_mode) != S_ISDIR(to.st_mode))
		error = ENOTDIR;
	fail(error, "mount on %s", path);
}

/* numbers: flags; texts: path. As mount(2) with only propagation flags. */
void op_propagation(const struct op *op)
{
	if (mount("", text(op, 0), "", (unsigned long)op->number[0], NULL) < 0)
		fail(errno, "change propagation of %s", text(op, 0));
}

/* texts: path on the host. Makes the root a mount of its own, and what all later paths resolve in. */
void op_root(const struct op *op)
{
	const char *path = text(op, 0);
	int plain = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (plain < 0)
		fail(errno, "open the root %s", path);
	init.root = clone_tree(plain, true, path);
	/* pivot_root wants a root and a parent of it that are not shared. */
	set_attributes(init.root, 0, 0, (uint64_t)op->number[0], true);
	attach(init.root, plain, path);
	char link[32];
	snprintf(link, sizeof link, "self/fd/%d", init.root);
	ssize_t n = readlinkat(init.proc, link, init.root_path, sizeof init.root_path - 1);
	if (n < 0)
		fail(errno, "look up the root %s", path);
	init.root_path[n] = 0;
	close(plain);
}

/*
 * numbers: attributes, propagation, strict (no link may lead to it), copy up (what it covers, into a tmpfs);
 * texts: target, type, source, options.
 */
void op_mount(const struct op *op)
{
	const char *path = text(op, 0), *type = text(op, 1);
	int target = open_in_root(path, O_PATH);
	bool existed = target >= 0;
	if (!existed)
		target = open_or_make(path, true);
	if (op->number[2]) {
		int direct = sys_openat2(init.root, path + strspn(path, "/"), O_PATH | O_CLOEXEC,
					 RESOLVE_IN_ROOT | RESOLVE_NO_SYMLINKS);
		if (direct < 0)
			fail(errno, "%s must be mounted on ordinary directory, not a link", path);
		close(target);
		target = direct;
	} else {
		refuse_proc(target, path);
	}
	const char *options = text(op, 3);
	uint32_t length = text_length(op, 3);
	char with_mode[4096 + 32];
	struct stat folder;
	/* A tmpfs takes over the mode of the folder it covers, unless it is given one. */
	if (existed && strcmp(type, "tmpfs") == 0 && !has_option(options, length, "mode=") && length < 4096 && fstat(target, &folder) == 0) {
		memcpy(with_mode, options, length);
		length += (uint32_t)sprintf(with_mode + length, "mode=%o", folder.st_mode & 07777) + 1;
		options = with_mode;
	}
	int mount = make_filesystem(type, text(op, 2), options, length, (unsigned)op->number[0]);
	if (op->number[3])
		copy_up(target, mount);
	set_attributes(mount, 0, 0, (uint64_t)op->number[1], false);
	attach(mount, target, path);
	close(mount);
	close(target);
}

/*
 * numbers: recursive, set, clear, set and clear for the whole tree, propagation, propagation of the whole tree, in_proc
 * (the target may be in /proc), prepared (the tree of which op_idmap or op_source, or 0); texts: target, source.
 */
void op_bind(const struct op *op)
{
	const char *path = text(op, 0), *source = text(op, 1);
	const int64_t *n = op->number;
	struct stat file;
	int tree = n[8] ? prepared_tree(n[8]) : -1;
	int from = tree >= 0 ? tree : open(source, O_PATH | O_CLOEXEC);
	if (from < 0 || fstat(from, &file) < 0)
		fail(errno, "open source %s", source);
	int target = open_or_make(path, S_ISDIR(file.st_mode));
	if (!n[7])
		refuse_proc(target, path);
	if (tree < 0)
		tree = clone_tree(from, n[0], source);
	set_attributes(tree, (uint64_t)n[1], (uint64_t)n[2], (uint64_t)n[5], false);
	set_attributes(tree, (uint64_t)n[3], (uint64_t)n[4], (uint64_t)n[6], true);
	attach(tree, target, path);
	if (from != tree)
		close(from);
	close(tree);
	close(target);
}

/* numbers: set, clear; texts: target. Changes a mount that is there. */
void op_attributes(const struct op *op)
{
	const char *path = text(op, 0);
	int fd = open_in_root(path, O_PATH);
	if (fd < 0)
		fail(errno, "open %s in the root", path);
	set_attributes(fd, (uint64_t)op->number[0], (uint64_t)op->number[1], 0, false);
	close(fd);
}

/* texts: target, label. SELinux's label of a message queue file system, which takes none as an option. */
void op_label(const struct op *op)
{
	const char *path = text(op, 0);
	int found = open_in_root(path, O_PATH | O_DIRECTORY);
	if (found < 0)
		fail(errno, "open %s in the root", path);
	if (!on_filesystem(found, MQUEUE_MAGIC))
		fail(EXDEV, "%s is not of type mqueue", path);
	int fd = reopen(found, O_RDONLY | O_DIRECTORY);
	if (fd < 0 || fsetxattr(fd, "security.selinux", text(op, 1), text_length(op, 1) + 1, 0) < 0)
		fail(errno, "label %s with %s", path, text(op, 1));
	close(fd);
	close(found);
}

/* texts: path. */
void op_mkdir(const struct op *op)
{
	close(open_or_make(text(op, 0), true));
}

/* numbers: mode with type, major, minor, uid, gid; texts: path. */
void op_mknod(const struct op *op)
{
	const char *path = text(op, 0), *name;
	const int64_t *n = op->number;
	dev_t device = makedev((unsigned)n[1], (unsigned)n[2]);
	struct stat there;
	int parent = open_parent(path, &name, true);
	if (mknodat(parent, name, (mode_t)n[0], device) < 0) {
		if (errno != EEXIST)
			fail(errno, "make device %s", path);
		if (fstatat(parent, name, &there, AT_SYMLINK_NOFOLLOW) < 0 || there.st_rdev != device ||
		    (there.st_mode & S_IFMT) != ((mode_t)n[0] & S_IFMT))
			fail(EEXIST, "make device %s", path);
	}
	if ((n[3] || n[4]) && fchownat(parent, name, (uid_t)n[3], (gid_t)n[4], AT_SYMLINK_NOFOLLOW) < 0)
		fail(errno, "give device %s to its owner", path);
	close(parent);
}

/* texts: content, path. What is there already stays. */
void op_symlink(const struct op *op)
{
	const char *name;
	int parent = open_parent(text(op, 1), &name, true);
	if (symlinkat(text(op, 0), parent, name) < 0 && errno != EEXIST)
		fail(errno, "link %s", text(op, 1));
	close(parent);
}

/* What op_mask covers with: the host's /dev/null, and one empty tmpfs. Closed by op_pivot. */
static int null = -1, empty = -1;

/* The host's /dev/null, checked to be it. */
static int dev_null(void)
{
	struct stat file;
	if (null >= 0)
		return null;
	null = open("/dev/null", O_PATH | O_CLOEXEC);
	if (null < 0 || fstat(null, &file) < 0)
		fail(errno, "open the host's /dev/null");
	if (!S_ISCHR(file.st_mode) || file.st_rdev != makedev(1, 3))
		fail(EINVAL, "the host's /dev/null is not the null device");
	return null;
}

static int empty_folder(const char *options, uint32_t length)
{
	static const char least[] = "size=0\0nr_inodes=1";
	char all[4096];
	if (length > sizeof all - sizeof least)
		fail(ENAMETOOLONG, "options of a masked folder");
	memcpy(all, least, sizeof least);
	memcpy(all + sizeof least, options, length);
	return make_filesystem("tmpfs", "tmpfs", all, sizeof least + length, MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOEXEC);
}

/* A target for mask and readonly: -1 when the path does not exist. */
static int open_protected(const char *path)
{
	int fd = open_in_root(path, O_PATH);
	if (fd < 0 && errno != ENOENT && errno != ENOTDIR)
		fail(errno, "open %s in the root", path);
	return fd;
}

/* texts: path, further options of the tmpfs. Hides a file behind /dev/null, a folder behind an empty read-only tmpfs. */
void op_mask(const struct op *op)
{
	const char *path = text(op, 0);
	struct stat file;
	int mount, target = open_protected(path);
	if (target < 0)
		return;
	if (fstat(target, &file) < 0)
		fail(errno, "look at %s", path);
	if (!S_ISDIR(file.st_mode))
		mount = clone_tree(dev_null(), false, "/dev/null");
	else if (empty >= 0)
		mount = clone_tree(empty, false, "an empty folder");
	else
		mount = empty_folder(text(op, 1), text_length(op, 1));
	attach(mount, target, path);
	close(target);
	if (S_ISDIR(file.st_mode) && empty < 0)
		empty = mount;
	else
		close(mount);
}

/* texts: path. */
void op_readonly_path(const struct op *op)
{
	const char *path = text(op, 0);
	int target = open_protected(path);
	if (target < 0)
		return;
	int tree = clone_tree(target, true, path);
	set_attributes(tree, MOUNT_ATTR_RDONLY, 0, 0, true);
	attach(tree, target, path);
	close(tree);
	close(target);
}

/* All of the host's mounts, as text; freed by the caller. */
static char *read_mounts(void)
{
	size_t size = 0, room = 1 << 16;
	char *all = malloc(room + 1);
	int fd = openat(init.proc, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (!all || fd < 0)
		fail(errno, "read the list of mounts");
	for (ssize_t n; (n = read(fd, all + size, room - size)) != 0; size += (size_t)n) {
		if (n < 0)
			fail(errno, "read the list of mounts");
		if (size + (size_t)n == room && !(all = realloc(all, (room *= 2) + 1)))
			fail(ENOMEM, "read the list of mounts");
	}
	close(fd);
	all[size] = 0;
	return all;
}

/* Undoes the octal escapes of mountinfo, in place. */
static void unescape(char *path)
{
	char *to = path;
	for (char *from = path; *from; to++) {
		if (from[0] == '\\' && from[1] && from[2] && from[3]) {
			*to = (char)((from[1] - '0') * 64 + (from[2] - '0') * 8 + (from[3] - '0'));
			from += 4;
		} else {
			*to = *from++;
		}
	}
	*to = 0;
}

/*
 * Without pivot_root the host's mounts stay, out of sight. While an unmasked procfs or sysfs is among them, the
 * kernel lets a user namespace in the container mount one: so those go, or are covered where they are locked.
 */
static void drop_bare_mounts(void)
{
	char *all = read_mounts(), *next;
	size_t length = strlen(init.root_path);
	for (char *line = all; *line; line = next) {
		char root[4096], path[4096];
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		char *type = strstr(line, " - ");
		if (!type || sscanf(line, "%*s %*s %*s %4095s %4095s", root, path) != 2)
			continue;
		type += 3;
		if (strcmp(root, "/") != 0 || (strncmp(type, "proc ", 5) != 0 && strncmp(type, "sysfs ", 6) != 0))
			continue;
		unescape(path);
		if (strncmp(path, init.root_path, length) == 0 && (path[length] == '/' || !path[length]))
			continue;
		if (mount("", path, "", MS_PRIVATE | MS_REC, NULL) < 0 && errno != EINVAL)
			fail(errno, "make the host's %s private", path);
		if (umount2(path, MNT_DETACH) == 0 || (errno != EINVAL && errno != EPERM))
			continue;
		if (mount("tmpfs", path, "tmpfs", 0, NULL) < 0)
			fail(errno, "cover the host's %s", path);
	}
	free(all);
}

/* numbers: how (0 pivot_root, 1 move and chroot, 2 chroot only), attributes for the root mount, propagation of "/". */
void op_pivot(const struct op *op)
{
	if (null >= 0)
		close(null);
	if (empty >= 0)
		close(empty);
	null = empty = -1;
	set_attributes(init.root, (uint64_t)op->number[1], 0, 0, false);
	if (fchdir(init.root) < 0)
		fail(errno, "enter the root");
	if (op->number[0] == 0) {
		int old = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
		if (old < 0)
			fail(errno, "open the host's root");
		if (syscall(SYS_pivot_root, ".", ".") < 0)
			fail(errno, "pivot_root");
		/* The old root lies over the new one: unmount it without the host noticing. */
		if (fchdir(old) < 0 || mount("", ".", "", MS_SLAVE | MS_REC, NULL) < 0 || umount2(".", MNT_DETACH) < 0)
			fail(errno, "leave the host's root");
		close(old);
	} else {
		if (op->number[0] == 1)
			drop_bare_mounts();
		if (op->number[0] == 1 && mount(".", "/", "", MS_MOVE, NULL) < 0)
			fail(errno, "move the root");
		if (chroot(".") < 0)
			fail(errno, "chroot");
	}
	if (chdir("/") < 0)
		fail(errno, "enter the root");
	if (op->number[2] && mount("", "/", "", (unsigned long)op->number[2], NULL) < 0)
		fail(errno, "change propagation of the root");
	close(init.root);
	init.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	init.root_path[0] = 0;
}

/* Streams that are the host's /dev/null become the container's, if that is the device. */
void op_reopen_null(const struct op *op)
{
	(void)op;
	struct stat st;
	int found = open_in_root("dev/null", O_PATH);
	if (found < 0)
		return;
	if (fstat(found, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) {
		/* It may be on a mount with nodev: then the streams stay. */
		int null = reopen(found, O_RDWR);
		for (int fd = 0; null >= 0 && fd < 3; fd++)
			if (fstat(fd, &st) == 0 && S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3) && dup2(null, fd) < 0)
				fail(errno, "reopen descriptor %d", fd);
		if (null >= 0)
			close(null);
	}
	close(found);
}
