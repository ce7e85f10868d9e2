/* Copies what a tmpfs is about to cover into it (option tmpcopyup). Links are copied, never followed. */
#include "init.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/stat.h>

#define MAX_DEPTH 64

static void copy_folder(int from, int to, int depth);

static void copy_content(int from, int to, const char *name, const struct stat *file)
{
	int in = openat(from, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	int out = openat(to, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	struct stat now;
	ssize_t n;
	/* It may have been replaced since it was looked at. */
	if (in >= 0 && fstat(in, &now) == 0 && !S_ISREG(now.st_mode))
		fail(EINVAL, "%s is no longer a file", name);
	if (in < 0 || out < 0)
		fail(errno, "copy %s into the tmpfs", name);
	do
		n = sendfile(out, in, NULL, 1 << 20);
	while (n > 0);
	if (n < 0 || fchown(out, file->st_uid, file->st_gid) < 0 || fchmod(out, file->st_mode & 07777) < 0)
		fail(errno, "copy %s into the tmpfs", name);
	close(in);
	close(out);
}

static void copy_link(int from, int to, const char *name, const struct stat *file)
{
	char target[4096];
	ssize_t n = readlinkat(from, name, target, sizeof target - 1);
	if (n < 0)
		fail(errno, "copy link %s into the tmpfs", name);
	target[n] = 0;
	if (symlinkat(target, to, name) < 0 || fchownat(to, name, file->st_uid, file->st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		fail(errno, "copy link %s into the tmpfs", name);
}

static void copy_below(int from, int to, const char *name, const struct stat *file, int depth)
{
	int in = openat(from, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (in < 0 || mkdirat(to, name, 0700) < 0)
		fail(errno, "copy folder %s into the tmpfs", name);
	int out = openat(to, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (out < 0)
		fail(errno, "copy folder %s into the tmpfs", name);
	copy_folder(in, out, depth + 1);
	if (fchown(out, file->st_uid, file->st_gid) < 0 || fchmod(out, file->st_mode & 07777) < 0)
		fail(errno, "copy folder %s into the tmpfs", name);
	close(out);
}

static void copy_entry(int from, int to, const char *name, int depth)
{
	struct stat file;
	struct timespec times[2];
	if (fstatat(from, name, &file, AT_SYMLINK_NOFOLLOW) < 0)
		fail(errno, "look at %s", name);
	if (S_ISDIR(file.st_mode))
		copy_below(from, to, name, &file, depth);
	else if (S_ISREG(file.st_mode))
		copy_content(from, to, name, &file);
	else if (S_ISLNK(file.st_mode))
		copy_link(from, to, name, &file);
	else if (mknodat(to, name, file.st_mode, file.st_rdev) < 0 ||
		 fchownat(to, name, file.st_uid, file.st_gid, AT_SYMLINK_NOFOLLOW) < 0)
		fail(errno, "copy %s into the tmpfs", name);
	times[0] = file.st_atim;
	times[1] = file.st_mtim;
	utimensat(to, name, times, AT_SYMLINK_NOFOLLOW);
}

/* Takes over FROM. */
static void copy_folder(int from, int to, int depth)
{
	DIR *folder = fdopendir(from);
	struct dirent *entry;
	if (!folder || depth > MAX_DEPTH)
		fail(folder ? ELOOP : errno, "read a folder to copy into a tmpfs");
	for (errno = 0; (entry = readdir(folder)); errno = 0)
		if (strcmp(entry->d_name, ".") != 0 && strcmp(entry->d_name, "..") != 0)
			copy_entry(dirfd(folder), to, entry->d_name, depth);
	if (errno)
		fail(errno, "read a folder to copy into a tmpfs");
	closedir(folder);
}

/* COVERED: an O_PATH descriptor of the folder; MOUNT: of the detached tmpfs. */
void copy_up(int covered, int mount)
{
	int from = openat(covered, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int to = openat(mount, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (from < 0 || to < 0)
		fail(errno, "read what the tmpfs covers");
	copy_folder(from, to, 0);
	close(to);
}
