/*
 * init PLAN SYNC PROGRAM FIRST: executes a plan that docker-runc has compiled.
 *
 * PLAN is a descriptor of the plan: a header, then operations one after the other. SYNC is a socket to
 * docker-runc, PROGRAM the file of this program. Descriptors from FIRST on are ours, those before it the
 * command's. Operations before "clone" run in the first process, which then reports the new process's id
 * and ends; those after it run in the new process, a child of docker-runc, that becomes the container's.
 * Nothing here knows of OCI: whatever decides was decided by the compiler.
 */
#include "init.h"
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>

struct header {
	char magic[4];
	uint32_t count;
	uint32_t fail_at; /* for tests: this operation fails without being tried; none when >= count */
	uint32_t size;
};

struct state init = { .proc = -1, .root = -1, .sync = -1 };

static const struct header *plan;

/* Where a text of an operation is: its offset in the plan, and how long it is without the NUL behind it. */
static const uint32_t *place(const struct op *op, unsigned n)
{
	return (const uint32_t *)&op->number[op->numbers + n];
}

const char *text(const struct op *op, unsigned n)
{
	return (const char *)plan + place(op, n)[0];
}

uint32_t text_length(const struct op *op, unsigned n)
{
	return place(op, n)[1];
}

void run_op(const struct op *op)
{
	switch (op->code) {
#define X(number, name)            \
	case OP_##name:            \
		op_##name(op);     \
		return;
		OPS(X)
#undef X
	}
	fail(ENOSYS, "operation %u", op->code);
}

static const struct header *load(int fd)
{
	struct stat file;
	if (fstat(fd, &file) < 0 || file.st_size < (off_t)sizeof(struct header))
		fail(EINVAL, "read the plan");
	void *memory = mmap(NULL, (size_t)file.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (memory == MAP_FAILED)
		fail(errno, "map the plan");
	const struct header *header = memory;
	if (memcmp(header->magic, "PQP1", 4) != 0 || header->size != file.st_size)
		fail(EINVAL, "the plan is not one, or cut short");
	close(fd);
	return header;
}

/*
 * docker-runc ignores some signals, and its caller may have blocked others: the command begins with none of it. By system
 * calls, as the C library keeps signals for itself, which another one has ignored.
 */
static void default_signals(void)
{
	static const unsigned long standard[4]; /* the kernel's struct sigaction */
	static const uint64_t none;
	for (int number = 1; number <= 64; number++)
		syscall(SYS_rt_sigaction, number, standard, NULL, sizeof none);
	syscall(SYS_rt_sigprocmask, SIG_SETMASK, &none, NULL, sizeof none);
}

int main(int argc, char **argv)
{
	if (argc < 5) {
		static const char usage[] = "init: runs plans for docker-runc and is not for use by hand\n";
		return write(2, usage, sizeof usage - 1) < 0 ? 2 : 1;
	}
	init.sync = atoi(argv[2]);
	/* The container must not look into this process, which still holds the host's descriptors. */
	prctl(PR_SET_DUMPABLE, 0, 0, 0, 0);
	/* Nothing inherited, but what the plan may preserve, can reach the command even if a later step failed to close it. */
	syscall(SYS_close_range, (unsigned)atoi(argv[4]), ~0u, CLOSE_RANGE_CLOEXEC);
	default_signals();
	init.proc = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (init.proc < 0 || !on_filesystem(init.proc, PROC_SUPER_MAGIC))
		fail(init.proc < 0 ? errno : EINVAL, "open the host's /proc");
	close(atoi(argv[3]));
	plan = load(atoi(argv[1]));
	const char *at = (const char *)(plan + 1);
	for (uint32_t i = 0; i < plan->count; i++) {
		const struct op *op = (const struct op *)at;
		init.index = i;
		if (i == plan->fail_at)
			fail(EIO, "failure injected");
		run_op(op);
		at += op->size;
	}
	fail(EINVAL, "the plan ends without executing anything");
}
