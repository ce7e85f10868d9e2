/* What surrounds a process: namespaces, cgroups, limits, credentials. */
#include "init.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <net/if.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MAX_CGROUPS 32
static int cgroups[MAX_CGROUPS]; /* v1: their "tasks" */
static unsigned cgroup_count;
static int unified = -1; /* v2: the folder */

/* numbers: version; texts: folder. Opened before namespaces and users change, entered by or after clone. */
void op_open_cgroup(const struct op *op)
{
	char path[4096];
	bool v2 = op->number[0] == 2;
	if (cgroup_count == MAX_CGROUPS || snprintf(path, sizeof path, "%s%s", text(op, 0), v2 ? "" : "/tasks") >= (int)sizeof path)
		fail(ENAMETOOLONG, "cgroup %s", text(op, 0));
	int fd = open(path, (v2 ? O_PATH | O_DIRECTORY : O_WRONLY) | O_CLOEXEC);
	if (fd < 0)
		fail(errno, "open %s", path);
	if (v2)
		unified = fd;
	else
		cgroups[cgroup_count++] = fd;
}

static void enter_by(int fd)
{
	char link[32], path[4096] = "a cgroup";
	if (fd >= 0 && write(fd, "0", 1) == 1)
		return;
	int error = errno;
	snprintf(link, sizeof link, "self/fd/%d", fd);
	ssize_t n = readlinkat(init.proc, link, path, sizeof path - 1);
	if (n > 0)
		path[n] = 0;
	fail(error, "enter cgroup %s", path);
}

/*
 * "tasks" and not "cgroup.procs": this process has one thread, and moving only that spares the wait for all
 * processors that the kernel needs to move a process (10 ms on an idle machine).
 */
void op_enter_cgroups(const struct op *op)
{
	(void)op;
	while (cgroup_count) {
		int fd = cgroups[--cgroup_count];
		enter_by(fd);
		close(fd);
	}
	if (unified < 0)
		return;
	int fd = openat(unified, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	enter_by(fd);
	close(fd);
	close(unified);
	unified = -1;
}

/* numbers: resource, soft, hard. */
void op_rlimit(const struct op *op)
{
	struct rlimit limit = { .rlim_cur = (rlim_t)op->number[1], .rlim_max = (rlim_t)op->number[2] };
	if (setrlimit((int)op->number[0], &limit) < 0)
		fail(errno, "set limit to %llu:%llu", (unsigned long long)limit.rlim_cur, (unsigned long long)limit.rlim_max);
}

/* numbers: resource, hard. Where the hard limit is lower, it becomes this; what init itself may use stays. */
void op_raise_limit(const struct op *op)
{
	struct rlimit limit;
	if (getrlimit((int)op->number[0], &limit) < 0)
		fail(errno, "look at limit %d", (int)op->number[0]);
	if (limit.rlim_max >= (rlim_t)op->number[1])
		return;
	limit.rlim_max = (rlim_t)op->number[1];
	if (setrlimit((int)op->number[0], &limit) < 0)
		fail(errno, "raise hard limit to %llu", (unsigned long long)limit.rlim_max);
}

/* numbers: type; texts: path. */
void op_join(const struct op *op)
{
	int fd = open(text(op, 0), O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		fail(errno, "open namespace %s", text(op, 0));
	if (setns(fd, (int)op->number[0]) < 0)
		fail(errno, "join namespace %s", text(op, 0));
	close(fd);
}

/* The root of the process that PIDFD is of: its id may not have gone to another one when it was looked up. */
static int open_root_of(int pidfd, pid_t pid)
{
	char path[32];
	snprintf(path, sizeof path, "%d/root", pid);
	int root = openat(init.proc, path, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (root < 0 || syscall(SYS_pidfd_send_signal, pidfd, 0, NULL, 0) < 0)
		fail(errno, "open the root of the container");
	return root;
}

/*
 * numbers: pidfd, namespaces (0 for none), process id; texts: the root on the host. Joining a mount namespace leads to
 * the root of its mounts, which is not the container's when docker-runc itself was in a chroot(2), or when the container
 * has no mount namespace.
 */
void op_join_process(const struct op *op)
{
	int pidfd = (int)op->number[0], root = -1;
	struct stat want, got;
	if (stat(text(op, 0), &want) == 0)
		root = open_root_of(pidfd, (pid_t)op->number[2]);
	if (op->number[1] && setns(pidfd, (int)op->number[1]) < 0)
		fail(errno, "join the namespaces of the container");
	if (root >= 0) {
		if (stat("/", &got) < 0)
			fail(errno, "look at the root of the container");
		bool same = want.st_dev == got.st_dev && want.st_ino == got.st_ino;
		if (!same && (fchdir(root) < 0 || chroot(".") < 0))
			fail(errno, "enter the root of the container");
		close(root);
	}
	close(pidfd);
}

/* numbers: namespaces. */
void op_unshare(const struct op *op)
{
	if (unshare((int)op->number[0]) < 0)
		fail(errno, "unshare namespaces");
}

/* In a user namespace: be its root, now that the mappings are written. */
static void become_root(void)
{
	if (setresgid(0, 0, 0) < 0 || setresuid(0, 0, 0) < 0)
		fail(errno, "become root of the user namespace");
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
}

/* Clones straight into the v2 cgroup where the kernel can (5.7), which is much faster than moving there. */
static long clone_process(uint64_t flags)
{
	struct clone_args args = { .flags = flags | CLONE_INTO_CGROUP, .cgroup = (uint64_t)unified };
	if (unified >= 0) {
		/* CLONE_PARENT takes over the exit signal of this process, SIGCHLD. */
		long pid = syscall(SYS_clone3, &args, sizeof args);
		if (pid >= 0) {
			close(unified);
			unified = -1;
			return pid;
		}
	}
	/* Without it, or where it says no: op_enter_cgroups moves, or says why it cannot. */
	return syscall(SYS_clone, (unsigned long)flags | SIGCHLD, 0, 0, 0, 0);
}

static void end_by(int signal)
{
	_exit(128 + signal);
}

/* The kernel keeps from the first process of a pid namespace what it has no handler for; execve takes them away again. */
static void heed_signals(void)
{
	static const int ending[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };
	struct sigaction now, heed = { .sa_handler = end_by };
	for (unsigned i = 0; i < sizeof ending / sizeof *ending; i++)
		if (sigaction(ending[i], NULL, &now) == 0 && now.sa_handler == SIG_DFL)
			sigaction(ending[i], &heed, NULL);
}

/* numbers: namespaces, in a user namespace (2: whose mappings docker-runc writes now). The first process ends here. */
void op_clone(const struct op *op)
{
	/* Without root docker-runc may write the mappings only while /proc/PID is its user's; become_root() ends that. */
	if (op->number[1] == 2)
		prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
	int gate[2];
	char byte;
	if (pipe2(gate, O_CLOEXEC) < 0)
		fail(errno, "clone into new namespaces");
	/* CLONE_PARENT: the container's process is docker-runc's child, and so later its caller's. */
	long pid = clone_process((uint64_t)op->number[0] | CLONE_PARENT);
	if (pid < 0)
		fail(errno, "clone into new namespaces");
	if (pid > 0) {
		send_message(MSG_PID, (int32_t)pid, "");
		_exit(0);
	}
	/* docker-runc hears of the new process before it hears from it: the gate closes with the first process. */
	close(gate[1]);
	while (read(gate[0], &byte, 1) < 0 && errno == EINTR)
		;
	close(gate[0]);
	init.child = true;
	if (getpid() == 1)
		heed_signals();
	prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
	umask(0);
	if (op->number[1] == 2)
		free(wait_for_go());
	if (op->number[1])
		become_root();
}

void op_setsid(const struct op *op)
{
	(void)op;
	if (setsid() < 0 && errno != EPERM)
		fail(errno, "start a session");
}

/* texts: path below /proc, content. */
void op_write_proc(const struct op *op)
{
	const char *path = text(op, 0);
	int fd = sys_openat2(init.proc, path, O_WRONLY | O_CLOEXEC, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_MAGICLINKS);
	if (fd < 0 || !on_filesystem(fd, PROC_SUPER_MAGIC))
		fail(fd < 0 ? errno : EXDEV, "open /proc/%s", path);
	if (write(fd, text(op, 1), text_length(op, 1)) < 0)
		fail(errno, "write %s to /proc/%s", text(op, 1), path);
	close(fd);
}

/* texts: name. */
void op_keyring(const struct op *op)
{
	if (syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, text(op, 0)) < 0 && errno != ENOSYS)
		fail(errno, "create session keyring %s (--no-new-keyring leaves it out)", text(op, 0));
}

void op_personality(const struct op *op)
{
	if (personality((unsigned long)op->number[0]) < 0)
		fail(errno, "set personality");
}

/* numbers: policy, nice, priority, flags, runtime, deadline, period (struct sched_attr). */
void op_scheduler(const struct op *op)
{
	struct {
		uint32_t size, policy;
		uint64_t flags;
		int32_t nice;
		uint32_t priority;
		uint64_t runtime, deadline, period;
	} attr = { .size = 48,
		   .policy = (uint32_t)op->number[0],
		   .nice = (int32_t)op->number[1],
		   .priority = (uint32_t)op->number[2],
		   .flags = (uint64_t)op->number[3],
		   .runtime = (uint64_t)op->number[4],
		   .deadline = (uint64_t)op->number[5],
		   .period = (uint64_t)op->number[6] };
	if (syscall(SYS_sched_setattr, 0, &attr, 0) < 0)
		fail(errno, "set scheduler%s",
		     errno != EPERM ? ""
				    : " (a real-time policy needs CAP_SYS_NICE and, in a cgroup of v1 where the kernel "
				      "has RT_GROUP_SCHED, linux.resources.cpu.realtimeRuntime)");
}

/* numbers: class and priority as ioprio_set(2) takes them. */
void op_io_priority(const struct op *op)
{
	if (syscall(SYS_ioprio_set, 1, 0, (int)op->number[0]) < 0)
		fail(errno, "set I/O priority");
}

/* numbers: mode with flags; texts: mask of nodes, little endian, or nothing. */
void op_memory_policy(const struct op *op)
{
	const char *nodes = text(op, 0);
	unsigned long bits = 8ul * text_length(op, 0);
	/* The kernel looks at one bit less than it is told. */
	if (syscall(SYS_set_mempolicy, (int)op->number[0], bits ? nodes : NULL, bits ? bits + 1 : 0) < 0)
		fail(errno, "set memory policy (are all of its nodes there?)");
}

/* texts: CPU mask, little endian. */
void op_affinity(const struct op *op)
{
	if (syscall(SYS_sched_setaffinity, 0, text_length(op, 0), text(op, 0)) < 0)
		fail(errno, "set CPU affinity");
}

/* Of a new network namespace. */
void op_loopback(const struct op *op)
{
	struct ifreq request = { .ifr_name = "lo", .ifr_flags = IFF_UP };
	(void)op;
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || ioctl(fd, SIOCSIFFLAGS, &request) < 0)
		fail(errno, "bring the loopback interface up");
	close(fd);
}

void op_no_new_privileges(const struct op *op)
{
	(void)op;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0)
		fail(errno, "set no_new_privs");
}

/* numbers: flags, listener (whether the filter notifies); texts: the BPF program. */
void op_seccomp(const struct op *op)
{
	struct {
		unsigned short count;
		const void *filter;
	} program = { (unsigned short)(text_length(op, 0) / 8), text(op, 0) };
	void *aligned = malloc(text_length(op, 0) + 8);
	if (!aligned)
		fail(ENOMEM, "load the seccomp filter");
	program.filter = memcpy(aligned, text(op, 0), text_length(op, 0));
	long fd = syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, (unsigned)op->number[0], &program);
	if (fd < 0)
		fail(errno, "load the seccomp filter");
	if (op->number[1]) {
		uint32_t kind = MSG_LISTENER;
		send_descriptor(init.sync, (int)fd, &kind, sizeof kind);
		close((int)fd);
	}
	free(aligned);
}

/* numbers: uid. Standard streams belong to the user, so that /dev/stdout can be opened. */
void op_stdio_owner(const struct op *op)
{
	struct stat file;
	for (int fd = 0; fd < 3; fd++) {
		if (fstat(fd, &file) < 0 || file.st_uid == (uid_t)op->number[0])
			continue;
		/* The host's null device, whatever the container has put at that place in its own /dev. */
		if (S_ISCHR(file.st_mode) && file.st_rdev == makedev(1, 3))
			continue;
		/* EINVAL: an owner that the namespace does not map; EPERM, EROFS: not ours to change. */
		if (fchown(fd, (uid_t)op->number[0], file.st_gid) < 0 && errno != EINVAL && errno != EPERM && errno != EROFS)
			fail(errno, "give standard stream %d to its user", fd);
	}
}

/* texts: u32 group ids. */
void op_groups(const struct op *op)
{
	size_t count = text_length(op, 0) / sizeof(gid_t);
	gid_t groups[1024];
	if (count > 1024)
		fail(EINVAL, "set %zu groups", count);
	memcpy(groups, text(op, 0), count * sizeof(gid_t));
	if (setgroups(count, groups) < 0)
		fail(errno, "set additional groups");
}

/* numbers: mask to keep. */
void op_bounding(const struct op *op)
{
	uint64_t keep = (uint64_t)op->number[0];
	for (unsigned cap = 0; cap < 64; cap++) {
		if (keep >> cap & 1 || prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) == 0)
			continue;
		if (errno == EINVAL)
			return; /* beyond the last that this kernel has */
		/* Dropping what is not there needs no right. */
		if (prctl(PR_CAPBSET_READ, cap, 0, 0, 0) != 0)
			fail(errno, "drop capability %u from the bounding set", cap);
	}
}

/* numbers: uid, gid, umask. Capabilities are kept until op_capabilities. */
void op_user(const struct op *op)
{
	gid_t gid = (gid_t)op->number[1];
	uid_t uid = (uid_t)op->number[0];
	/* For these calls -1 means "stay who you are": root. */
	if (uid == (uid_t)-1 || gid == (gid_t)-1)
		fail(EINVAL, "become user %u, group %u", uid, gid);
	if (prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) < 0)
		fail(errno, "keep capabilities");
	if (setresgid(gid, gid, gid) < 0)
		fail(errno, "become group %u", gid);
	if (setresuid(uid, uid, uid) < 0)
		fail(errno, "become user %u", uid);
	prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0);
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	umask((mode_t)op->number[2]);
}

/* numbers: effective, permitted, inheritable, ambient. */
void op_capabilities(const struct op *op)
{
	const int64_t *n = op->number;
	struct {
		uint32_t version;
		int pid;
	} header = { CAP_VERSION_3, 0 };
	uint32_t data[6] = { (uint32_t)n[0], (uint32_t)n[1], (uint32_t)n[2],
			     (uint32_t)(n[0] >> 32), (uint32_t)(n[1] >> 32), (uint32_t)(n[2] >> 32) };
	if (syscall(SYS_capset, &header, data) < 0)
		fail(errno, "set capabilities (a capability that docker-runc itself lacks cannot be given)");
	prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
	for (unsigned cap = 0; cap < 64; cap++)
		/* EPERM: it is not inheritable as well. Others go on without it, and so does what "runc spec" writes. */
		if (n[3] >> cap & 1 && prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap, 0, 0) < 0 && errno != EPERM)
			fail(errno, "raise ambient capability %u", cap);
}
