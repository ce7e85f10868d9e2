/* What init tells docker-runc, and hears from it, over a SOCK_SEQPACKET socket: one packet a message. */
#include "init.h"
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

struct message {
	uint32_t kind, index;
	int32_t value;
	uint32_t child;
	char note[4096];
};

void send_message(uint32_t kind, int32_t value, const char *note)
{
	struct message message = { .kind = kind, .index = init.index, .value = value, .child = init.child };
	size_t length = strlen(note);
	if (length > sizeof message.note)
		length = sizeof message.note;
	memcpy(message.note, note, length);
	if (init.sync < 0)
		return;
	if (send(init.sync, &message, offsetof(struct message, note) + length, MSG_NOSIGNAL) < 0)
		_exit(1); /* docker-runc is gone: nobody wants this container */
}

_Noreturn void fail(int error, const char *format, ...)
{
	char note[2048];
	va_list args;
	va_start(args, format);
	vsnprintf(note, sizeof note, format, args);
	va_end(args);
	if (init.sync < 0) {
		/* Goes to the container's own stderr, in the words that people know from stock: "exec /x: exec format error". */
		const char *why = strerror(error);
		dprintf(2, "%s: %c%s\n", note, tolower((unsigned char)why[0]), why + 1);
	} else
		send_message(MSG_ERROR, error, note);
	_exit(1);
}

void send_descriptor(int socket, int fd, const void *data, size_t length)
{
	union {
		struct cmsghdr header;
		char space[CMSG_SPACE(sizeof(int))];
	} control = { 0 };
	struct iovec part = { (void *)data, length };
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof control
	};
	control.header.cmsg_len = CMSG_LEN(sizeof(int));
	control.header.cmsg_level = SOL_SOCKET;
	control.header.cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
	if (sendmsg(socket, &message, MSG_NOSIGNAL) < 0)
		fail(errno, "pass a descriptor on");
}

/* Waits for docker-runc's go; returns what it sent along, to be freed by the caller. */
char *wait_for_go(void)
{
	size_t room = 65536;
	char *reply = calloc(1, room + 1);
	ssize_t got;
	if (!reply)
		fail(ENOMEM, "wait for docker-runc");
	do
		got = recv(init.sync, reply, room, 0);
	while (got < 0 && errno == EINTR);
	if (got <= 0)
		_exit(1);
	return reply;
}
