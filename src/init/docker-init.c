/*
 * docker-init: the first process of a container that was started with --init. It starts the command as its only child,
 * passes on every signal it gets, reaps whatever is orphaned to it, and ends as the command ended.
 *
 *   docker-init [-g] [-s] [-p SIGNAL] [-v] [-w] [-e CODE] -- COMMAND [ARG ...]
 *
 * Options, environment and exit codes are tini's, whose place it takes: 126 or 127 for a command that could not be
 * executed, 128+n for one that signal n ended.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#ifndef PEQUOD_VERSION
#error "hack/build.ts defines PEQUOD_VERSION and PEQUOD_COMMIT"
#endif

struct options {
	bool group;
	bool subreaper;
	bool warn;
	int verbosity;
	int parent_signal;
	unsigned char success[256]; /* exit codes that count as 0 */
};

static int verbosity = 1;

static void say(int level, const char *format, ...)
{
	if (level > verbosity)
		return;
	va_list args;
	va_start(args, format);
	fputs("[docker-init] ", stderr);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
	va_end(args);
}

static int usage(FILE *to)
{
	fputs("Usage: docker-init [OPTIONS] PROGRAM -- [ARGS] | --version\n\n"
	      "Runs a program as its child, passes signals on to it and reaps orphans.\n\n"
	      "  --version    Print version\n"
	      "  -h           Print usage\n"
	      "  -s           Reap the orphans of all descendants (for an init that is not process 1)\n"
	      "  -p SIGNAL    Send the child this signal when the parent ends\n"
	      "  -v           Say more; may be given several times\n"
	      "  -w           Warn of each process reaped\n"
	      "  -g           Pass signals on to the child's whole process group\n"
	      "  -e CODE      Let this exit code of the child count as 0\n",
	      to);
	return to == stderr;
}

static int signal_number(const char *name)
{
	static const struct {
		const char *name;
		int number;
	} SIGNALS[] = {
		{"HUP", SIGHUP},	 {"INT", SIGINT},   {"QUIT", SIGQUIT}, {"ABRT", SIGABRT},
		{"KILL", SIGKILL},	 {"USR1", SIGUSR1}, {"USR2", SIGUSR2}, {"PIPE", SIGPIPE},
		{"ALRM", SIGALRM},	 {"TERM", SIGTERM}, {"CONT", SIGCONT}, {"STOP", SIGSTOP},
		{"WINCH", SIGWINCH}, {"PWR", SIGPWR},
	};
	if (strncmp(name, "SIG", 3) == 0)
		name += 3;
	for (size_t i = 0; i < sizeof SIGNALS / sizeof *SIGNALS; i++)
		if (strcmp(SIGNALS[i].name, name) == 0)
			return SIGNALS[i].number;
	return 0;
}

static int read_options(int argc, char *argv[], struct options *options)
{
	int option;
	/* "+": options end at the first word that is none. */
	while ((option = getopt(argc, argv, "+hsp:vwge:")) != -1) {
		char *end;
		long code;
		switch (option) {
		case 'h': exit(usage(stdout));
		case 's': options->subreaper = true; break;
		case 'v': options->verbosity++; break;
		case 'w': options->warn = true; break;
		case 'g': options->group = true; break;
		case 'p':
			options->parent_signal = signal_number(optarg);
			if (options->parent_signal == 0) {
				say(0, "-p %s: not a signal's name, such as SIGTERM", optarg);
				exit(1);
			}
			break;
		case 'e':
			code = strtol(optarg, &end, 10);
			if (*end != '\0' || end == optarg || code < 0 || code > 255) {
				say(0, "-e %s: not an exit code from 0 to 255", optarg);
				exit(1);
			}
			options->success[code] = 1;
			break;
		default: exit(usage(stderr));
		}
	}
	return optind;
}

/* Signals of the process itself are left to kill it; all others wait for sigwait. */
static void block_signals(sigset_t *passed, sigset_t *before)
{
	static const int OWN[] = {SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGABRT, SIGTRAP, SIGSYS, SIGTTIN, SIGTTOU};
	sigfillset(passed);
	for (size_t i = 0; i < sizeof OWN / sizeof *OWN; i++)
		sigdelset(passed, OWN[i]);
	sigprocmask(SIG_SETMASK, passed, before);
	/* Handing the terminal over from the background must not stop init. */
	signal(SIGTTIN, SIG_IGN);
	signal(SIGTTOU, SIG_IGN);
}

static void become_command(char *argv[], const sigset_t *before)
{
	if (setpgid(0, 0) < 0)
		say(1, "setpgid: %s", strerror(errno));
	if (tcsetpgrp(STDIN_FILENO, getpgrp()) < 0 && errno != ENOTTY && errno != ENXIO)
		say(2, "tcsetpgrp: %s", strerror(errno));
	signal(SIGTTIN, SIG_DFL);
	signal(SIGTTOU, SIG_DFL);
	sigprocmask(SIG_SETMASK, before, NULL);
	execvp(argv[0], argv);
	int reason = errno;
	say(0, "exec %s failed: %s", argv[0], strerror(reason));
	_exit(reason == ENOENT ? 127 : 126);
}

/* Reaps all that has ended; returns the exit code of the command once it has, -1 before. */
static int reap(pid_t child, const struct options *options, int code)
{
	for (;;) {
		int status;
		pid_t pid = waitpid(-1, &status, WNOHANG);
		if (pid == 0 || (pid < 0 && errno == ECHILD))
			return code;
		if (pid < 0) {
			say(0, "waitpid: %s", strerror(errno));
			exit(1);
		}
		if (pid != child) {
			say(options->warn ? 0 : 3, "reaped process %d", (int)pid);
			continue;
		}
		code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
		say(2, "the command ended with code %d", code);
		if (options->success[code & 255])
			code = 0;
	}
}

int main(int argc, char *argv[])
{
	struct options options = {.verbosity = 1};
	if (argc == 2 && strcmp(argv[1], "--version") == 0) {
		puts("docker-init version " PEQUOD_VERSION ", build " PEQUOD_COMMIT);
		return 0;
	}
	int first = read_options(argc, argv, &options);
	if (first >= argc)
		return usage(stderr);
	verbosity = options.verbosity;
	options.subreaper |= getenv("TINI_SUBREAPER") != NULL;
	if (options.parent_signal && prctl(PR_SET_PDEATHSIG, options.parent_signal) < 0)
		say(0, "PR_SET_PDEATHSIG: %s", strerror(errno));
	if (options.subreaper && prctl(PR_SET_CHILD_SUBREAPER, 1) < 0)
		say(0, "PR_SET_CHILD_SUBREAPER: %s", strerror(errno));
	if (getpid() != 1 && !options.subreaper)
		say(1, "not process 1, and without -s: orphans go to somebody else");

	sigset_t passed, before;
	block_signals(&passed, &before);
	pid_t child = fork();
	if (child < 0) {
		say(0, "fork: %s", strerror(errno));
		return 1;
	}
	if (child == 0)
		become_command(argv + first, &before);

	for (;;) {
		int number = sigwaitinfo(&passed, NULL);
		if (number > 0 && number != SIGCHLD) {
			say(3, "passing signal %d on", number);
			if (kill(options.group ? -child : child, number) < 0 && errno != ESRCH)
				say(1, "signal %d: %s", number, strerror(errno));
		}
		int code = reap(child, &options, -1);
		if (code >= 0)
			return code;
	}
}
