/*
 * What a shim is while its containers only run: a program of some 100 kB that waits, in the same process and with the same
 * descriptors, until there is something to do, and then becomes the shim again. src/shim/sleep/ has the other side.
 *
 * PEQUOD_SHIM_ASLEEP is "STATE:PROGRAM", two descriptors: the file with what the shim knows, which begins with the
 * descriptors to watch (an int with their number, then struct pollfd), and the executable of the shim. The signals that
 * are to wake it are blocked already, and stay so until the shim can handle them.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* More than the descriptors that 4 tasks with some exec'd processes each need. */
#define WATCHED_MAX 256

static struct pollfd watched[WATCHED_MAX + 1];

/* Children that ended before the signal could be waited for count as well. */
static int child_has_ended(void)
{
	siginfo_t info;

	memset(&info, 0, sizeof(info));
	return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 && info.si_pid != 0;
}

/* Reads what to watch. On nonsense nothing is watched, and the shim wakes up at once. */
static int read_watched(int state)
{
	int count = 0;
	ssize_t size;

	if (pread(state, &count, sizeof(count), 0) != sizeof(count) || count < 0 || count > WATCHED_MAX)
		return -1;
	size = (ssize_t)(count * sizeof(watched[0]));
	return pread(state, watched, size, sizeof(count)) == size ? count : -1;
}

static void wait_for_work(int state)
{
	sigset_t blocked;
	int count = read_watched(state);

	sigprocmask(SIG_BLOCK, NULL, &blocked);
	watched[count < 0 ? 0 : count].fd = signalfd(-1, &blocked, SFD_CLOEXEC);
	watched[count < 0 ? 0 : count].events = POLLIN;
	if (count < 0 || watched[count].fd < 0)
		return;
	while (!child_has_ended() && poll(watched, count + 1, -1) < 0)
		;
}

/* As ps shows it, which would otherwise be the name of the file in memory. */
static void take_name(const char *argv0)
{
	const char *slash = strrchr(argv0, '/');

	prctl(PR_SET_NAME, slash ? slash + 1 : argv0, 0, 0, 0);
}

int main(int argc, char **argv, char **envp)
{
	const struct timespec pause = { 0, 50 * 1000 * 1000 };
	const char *where = getenv("PEQUOD_SHIM_ASLEEP");
	char *colon;
	int state, program;

	if (argc < 1 || !where)
		return 2;
	take_name(argv[0]);
	state = (int)strtol(where, &colon, 10);
	program = (int)strtol(*colon ? colon + 1 : colon, NULL, 10);
	wait_for_work(state);
	/* Without memory or processes to spare there may be some later. */
	for (;;) {
		syscall(SYS_execveat, program, "", argv, envp, AT_EMPTY_PATH);
		nanosleep(&pause, NULL);
	}
}
