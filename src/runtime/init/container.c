/* The container's names, terminal, and what docker-runc does between: synchronisation and hooks. */
#include "init.h"
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>

/* texts: name. */
void op_hostname(const struct op *op)
{
	if (sethostname(text(op, 0), text_length(op, 0)) < 0)
		fail(errno, "set hostname %s", text(op, 0));
}

/* texts: name. */
void op_domainname(const struct op *op)
{
	if (setdomainname(text(op, 0), text_length(op, 0)) < 0)
		fail(errno, "set domain name %s", text(op, 0));
}

static int open_ptmx(void)
{
	struct stat file;
	/* Looked at before it is opened: to open whatever the image has there might wait, or do something. */
	int found = open_in_root("dev/pts/ptmx", O_PATH);
	if (found < 0)
		fail(errno, "open /dev/pts/ptmx (is devpts mounted on /dev/pts?)");
	if (fstat(found, &file) < 0 || !S_ISCHR(file.st_mode) || file.st_rdev != makedev(5, 2) || !on_filesystem(found, DEVPTS_SUPER_MAGIC))
		fail(EINVAL, "/dev/pts/ptmx is not a terminal multiplexer");
	int fd = reopen(found, O_RDWR | O_NOCTTY);
	if (fd < 0)
		fail(errno, "open /dev/pts/ptmx");
	close(found);
	return fd;
}

static void bind_console(int peer)
{
	int target = open_or_make("dev/console", false);
	int tree = sys_open_tree(peer, "", AT_EMPTY_PATH | OPEN_TREE_CLONE | OPEN_TREE_CLOEXEC);
	if (tree < 0)
		fail(errno, "clone the mount of the terminal");
	refuse_proc(target, "/dev/console");
	if (sys_move_mount(tree, target) < 0)
		fail(errno, "mount the terminal on /dev/console");
	close(tree);
	close(target);
}

/* Our own terminal adds the carriage returns, and what is no terminal gets none. */
static void leave_line_feeds(int terminal)
{
	struct termios settings;
	if (tcgetattr(terminal, &settings) < 0)
		fail(errno, "read the settings of the terminal");
	settings.c_oflag &= ~(tcflag_t)ONLCR;
	if (tcsetattr(terminal, TCSANOW, &settings) < 0)
		fail(errno, "change the settings of the terminal");
}

/* numbers: socket that gets the master, rows, columns, whether /dev/console gets it, uid, whether line feeds stay alone. */
void op_console(const struct op *op)
{
	const int64_t *n = op->number;
	struct winsize size = { .ws_row = (unsigned short)n[1], .ws_col = (unsigned short)n[2] };
	int unlock = 0, number;
	char name[32];
	if (init.root < 0)
		init.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int master = open_ptmx();
	if (ioctl(master, TIOCSPTLCK, &unlock) < 0 || ioctl(master, TIOCGPTN, &number) < 0)
		fail(errno, "unlock the terminal");
	/* By the master, not by a path that the container could have replaced. */
	int peer = ioctl(master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (peer < 0)
		fail(errno, "open the terminal");
	if (n[1] || n[2])
		ioctl(master, TIOCSWINSZ, &size);
	if (n[4])
		(void)!fchown(peer, (uid_t)n[4], (gid_t)-1);
	if (n[5])
		leave_line_feeds(peer);
	if (n[3])
		bind_console(peer);
	snprintf(name, sizeof name, "/dev/pts/%d", number);
	send_descriptor((int)n[0], master, name, strlen(name));
	close((int)n[0]);
	close(master);
	setsid();
	for (int fd = 0; fd < 3; fd++)
		if (dup2(peer, fd) < 0)
			fail(errno, "make the terminal the standard streams");
	if (peer > 2)
		close(peer);
	if (ioctl(0, TIOCSCTTY, 0) < 0)
		fail(errno, "make the terminal the controlling one");
}

/* numbers: which point. docker-runc does its part, such as hooks, and says go. */
void op_sync(const struct op *op)
{
	send_message(MSG_SYNC, (int32_t)op->number[0], "");
	char *reply = wait_for_go();
	if (*reply) {
		free(init.state_json);
		init.state_json = reply;
	} else {
		free(reply);
	}
}

/* numbers: whether the socket stays open until the command executes, whether to wait for docker-runc's go. */
void op_ready(const struct op *op)
{
	/* From here on docker-runc may end without taking us along. */
	prctl(PR_SET_PDEATHSIG, 0, 0, 0, 0);
	send_message(MSG_READY, 0, "");
	if (op->number[1])
		free(wait_for_go());
	if (op->number[0])
		return;
	close(init.sync);
	init.sync = -1;
}

/* numbers: the exec FIFO. "start" writes a byte to it. */
void op_wait_start(const struct op *op)
{
	char byte;
	ssize_t got;
	do
		got = read((int)op->number[0], &byte, 1);
	while (got < 0 && errno == EINTR);
	if (got != 1)
		_exit(1);
	/* It stays open until the command executes, for which "start" waits a little. */
}

/* A NULL-terminated array of the strings in a text of NUL-ended strings, followed by EXTRA if it is not empty. */
static char **strings(const struct op *op, unsigned n, char *extra)
{
	const char *start = text(op, n), *end = start + text_length(op, n);
	size_t count = 0, i = 0;
	for (const char *at = start; at < end; at++)
		count += *at == 0;
	char **list = calloc(count + 2, sizeof *list);
	if (!list)
		fail(ENOMEM, "collect arguments");
	for (const char *at = start; i < count; at += strlen(at) + 1)
		list[i++] = (char *)at;
	if (extra && *extra)
		list[i++] = extra;
	return list;
}

/* OUTPUT gets what the hook prints; -1 where there is no file for it. */
static void run_hook_child(const struct op *op, int input, int output)
{
	char **args = strings(op, 1, NULL), **env = strings(op, 2, op->number[1] ? init.home : NULL);
	dup2(input, 0);
	if (output >= 0) {
		dup2(output, 1);
		dup2(output, 2);
	}
	/* createContainer hooks run in the root that is not yet "/". */
	if (init.root_path[0] && fchdir(init.root) < 0)
		_exit(127);
	syscall(SYS_close_range, 3, ~0u, 0);
	execve(text(op, 0), args, env);
	dprintf(2, "%s: %s\n", text(op, 0), strerror(errno));
	_exit(127);
}

/* Waits for the child for so many seconds (0: for ever); returns false when the time is up. */
static bool wait_seconds(pid_t child, int64_t seconds, int *status)
{
	struct timespec tick = { 0, 5000000 };
	struct timespec start, now;
	if (!seconds)
		return waitpid(child, status, 0) == child;
	clock_gettime(CLOCK_MONOTONIC, &start);
	while (waitpid(child, status, WNOHANG) == 0) {
		clock_gettime(CLOCK_MONOTONIC, &now);
		if (now.tv_sec - start.tv_sec > seconds || (now.tv_sec - start.tv_sec == seconds && now.tv_nsec >= start.tv_nsec))
			return false;
		nanosleep(&tick, NULL);
	}
	return true;
}

/* The beginning of what a hook printed, for the message. */
static const char *printed(int output)
{
	static char said[1024] = ": ";
	ssize_t got = output < 0 ? 0 : pread(output, said + 2, sizeof said - 3, 0);
	while (got > 0 && isspace((unsigned char)said[got + 1]))
		got--;
	if (got <= 0)
		return "";
	said[got + 2] = 0;
	return said;
}

/* numbers: timeout in seconds or 0, whether HOME is as for the command; texts: path, arguments, environment. The state is on its stdin. */
void op_hook(const struct op *op)
{
	int ends[2], status = 0;
	int output = (int)syscall(SYS_memfd_create, "hook", 1u);
	const char *state = init.state_json ? init.state_json : "{}";
	if (pipe2(ends, O_CLOEXEC) < 0)
		fail(errno, "run hook %s", text(op, 0));
	signal(SIGPIPE, SIG_IGN);
	pid_t child = fork();
	if (child < 0)
		fail(errno, "run hook %s", text(op, 0));
	if (child == 0) {
		signal(SIGPIPE, SIG_DFL);
		run_hook_child(op, ends[0], output);
	}
	close(ends[0]);
	(void)!write(ends[1], state, strlen(state));
	close(ends[1]);
	signal(SIGPIPE, SIG_DFL);
	if (!wait_seconds(child, op->number[0], &status)) {
		kill(child, SIGKILL);
		waitpid(child, &status, 0);
		fail(ETIMEDOUT, "%s: hook ran longer than %lld s", text(op, 0), (long long)op->number[0]);
	}
	if (WIFSIGNALED(status)) {
		char said[64];
		snprintf(said, sizeof said, "%s", strsignal(WTERMSIG(status)));
		said[0] = (char)tolower((unsigned char)said[0]);
		fail(ECANCELED, "%s: signal: %s%s", text(op, 0), said, printed(output));
	}
	if (WEXITSTATUS(status) != 0)
		fail(ECANCELED, "%s: exit status %d%s", text(op, 0), WEXITSTATUS(status), printed(output));
	close(output);
}

/* numbers: how many descriptors after stderr are the command's; texts: arguments, environment. */
void op_execute(const struct op *op)
{
	char **args = strings(op, 0, NULL), **env = strings(op, 1, init.home);
	unsigned first = 3 + (unsigned)op->number[0];
	/* The socket closes by execve, which tells docker-runc that it worked. */
	if (init.sync >= (int)first) {
		if (init.sync > (int)first)
			syscall(SYS_close_range, first, (unsigned)init.sync - 1, 0);
		syscall(SYS_close_range, (unsigned)init.sync + 1, ~0u, 0);
	} else {
		syscall(SYS_close_range, first, ~0u, 0);
	}
	execve(init.command, args, env);
	fail(errno, "exec %s", init.command);
}
