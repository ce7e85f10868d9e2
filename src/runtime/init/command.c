/* The command in the container: working folder, search along PATH, home folder. */
#include "init.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

/*
 * numbers: 2 as the root that init still is, where a folder that only the user can enter (NFS) may fail, or
 * 0 as the user, unless the first did it; texts: path.
 */
void op_chdir(const struct op *op)
{
	static bool done;
	const char *path = text(op, 0);
	char now[4096];
	if (done)
		return;
	if (chdir(path) < 0) {
		if (op->number[0] == 2 && errno == EACCES)
			return;
		fail(errno, "chdir to cwd (\"%s\") set in config.json failed", path);
	}
	/* A folder outside of the root (CVE-2024-21626) has no absolute path here. */
	if (syscall(SYS_getcwd, now, sizeof now) < 0 || now[0] != '/')
		fail(ENOENT, "working directory %s is outside of the container", path);
	done = true;
}

/* 0 when the user may execute the file, else errno. */
static int executable(const char *path)
{
	struct stat file;
	if (stat(path, &file) < 0)
		return errno;
	if (S_ISDIR(file.st_mode))
		return EISDIR;
	if (syscall(SYS_faccessat2, AT_FDCWD, path, X_OK, AT_EACCESS) == 0)
		return 0;
	if (errno == ENOSYS || errno == EPERM)
		return access(path, X_OK) == 0 ? 0 : errno;
	return errno;
}

/* A name in quotes, as Go's %q writes it; cut where it would not fit. */
static const char *quoted(const char *name)
{
	static char quote[4096];
	char *at = quote;
	*at++ = '"';
	for (; *name && at < quote + sizeof quote - 6; name++) {
		unsigned char c = (unsigned char)*name;
		if (c == '"' || c == '\\')
			*at++ = '\\';
		if (c == '\n' || c == '\t' || c == '\r')
			at += sprintf(at, "\\%c", c == '\n' ? 'n' : c == '\t' ? 't' : 'r');
		else if (c < ' ' || c == 0x7f)
			at += sprintf(at, "\\x%02x", c);
		else
			*at++ = (char)c;
	}
	strcpy(at, "\"");
	return quote;
}

/* Words the failure as Go's os/exec does: Docker's clients know these texts. */
static _Noreturn void not_found(const char *name, int error)
{
	if (error == ENOENT || error == ENOTDIR)
		fail(error, "exec: %s: stat %s: %s", quoted(name), name, error == ENOENT ? "no such file or directory" : "not a directory");
	if (error == EISDIR)
		fail(error, "exec: %s: is a directory", quoted(name));
	if (error == EACCES)
		fail(error, "exec: %s: permission denied", quoted(name));
	fail(error, "exec: %s: %s", quoted(name), strerror(error));
}

/* texts: name, PATH. */
void op_find_command(const struct op *op)
{
	const char *name = text(op, 0);
	int error;
	if (strchr(name, '/')) {
		if ((error = executable(name)) != 0)
			not_found(name, error);
		if (snprintf(init.command, sizeof init.command, "%s", name) >= (int)sizeof init.command)
			not_found(name, ENAMETOOLONG);
		return;
	}
	for (const char *at = text(op, 1), *end = at; *name && *at; at = end + (*end == ':')) {
		end = at + strcspn(at, ":");
		const char *folder = end == at ? "." : at;
		int length = end == at ? 1 : (int)(end - at);
		if (snprintf(init.command, sizeof init.command, "%.*s/%s", length, folder, name) >= (int)sizeof init.command)
			continue;
		if (executable(init.command) == 0)
			return;
	}
	fail(ENOENT, "exec: %s: executable file not found in $PATH", quoted(name));
}

/* numbers: uid. HOME as /etc/passwd has it, else "/". */
void op_home(const struct op *op)
{
	static char content[1 << 18];
	strcpy(init.home, "HOME=/");
	int fd = open("/etc/passwd", O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	struct stat file;
	if (fd < 0)
		return;
	ssize_t length = fstat(fd, &file) == 0 && S_ISREG(file.st_mode) ? read(fd, content, sizeof content - 1) : 0;
	close(fd);
	content[length < 0 ? 0 : length] = 0;
	for (char *line = content, *next; *line; line = next) {
		char *field[7] = { line };
		next = line + strcspn(line, "\n");
		if (*next)
			*next++ = 0;
		int count = 1;
		for (char *at = line; (at = strchr(at, ':')) && count < 7; count++) {
			*at++ = 0;
			field[count] = at;
		}
		if (count < 6 || !*field[2] || strtoull(field[2], NULL, 10) != (unsigned long long)op->number[0])
			continue;
		if (*field[5])
			snprintf(init.home, sizeof init.home, "HOME=%s", field[5]);
		return;
	}
}
