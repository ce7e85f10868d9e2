/* The operations of a plan: number, name. src/runtime/plan/ops.ts has the same table with the arguments. */
#ifndef OPS_H
#define OPS_H

#define OPS(X)                    \
	X(1, open_cgroup)         \
	X(2, rlimit)              \
	X(3, join)                \
	X(4, join_process)        \
	X(5, unshare)             \
	X(6, clone)               \
	X(7, enter_cgroups)       \
	X(8, setsid)              \
	X(9, sync)                \
	X(10, propagation)        \
	X(11, root)               \
	X(12, mount)              \
	X(13, bind)               \
	X(14, mkdir)              \
	X(15, mknod)              \
	X(16, symlink)            \
	X(17, console)            \
	X(18, mask)               \
	X(19, readonly_path)      \
	X(20, attributes)         \
	X(21, pivot)              \
	X(22, hostname)           \
	X(23, domainname)         \
	X(24, write_proc)         \
	X(25, keyring)            \
	X(26, personality)        \
	X(27, no_new_privileges)  \
	X(28, seccomp)            \
	X(29, stdio_owner)        \
	X(30, groups)             \
	X(31, bounding)           \
	X(32, user)               \
	X(33, capabilities)       \
	X(34, chdir)              \
	X(35, find_command)       \
	X(36, home)               \
	X(37, ready)              \
	X(38, wait_start)         \
	X(39, hook)               \
	X(40, execute)            \
	X(41, scheduler)          \
	X(42, io_priority)        \
	X(43, idmap)              \
	X(44, affinity)           \
	X(45, reopen_null)        \
	X(46, source)             \
	X(47, loopback)           \
	X(48, label)              \
	X(49, memory_policy)      \
	X(50, raise_limit)

enum {
#define X(number, name) OP_##name = number,
	OPS(X)
#undef X
};

#endif
