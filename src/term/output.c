/* SPDX-License-Identifier: MIT */
/* Non-blocking writes to the terminal. */
#include "term/output.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"

void output_init(struct output *output, int fd)
{
	memset(output, 0, sizeof(*output));
	output->fd = fd;
	buf_init(&output->pending, OUTPUT_MAX);
}

void output_release(struct output *output)
{
	buf_release(&output->pending);
}

void output_add(struct output *output, const char *bytes, size_t len)
{
	if (!output->gone && buf_add(&output->pending, bytes, len) < 0)
		output->lost = 1;
}

int output_flush(struct output *output)
{
	size_t done = 0;

	while (!output->gone && done < output->pending.len) {
		ssize_t wrote = write(output->fd, output->pending.data + done, output->pending.len - done);
		if (wrote > 0)
			done += (size_t)wrote;
		else if (wrote < 0 && errno == EINTR)
			continue;
		else if (wrote < 0 && (errno == EAGAIN || errno == EWOULDBLOCK))
			break;
		else
			output->gone = 1;
	}
	output->written += done;
	buf_consume(&output->pending, output->gone ? output->pending.len : done);
	return output->gone ? -1 : 0;
}

void output_drain(struct output *output, int max_ms)
{
	int64_t end = clock_system.mono(&clock_system) + max_ms;

	while (output_flush(output) == 0 && output->pending.len > 0) {
		struct pollfd wait = {.fd = output->fd, .events = POLLOUT};
		int64_t left = end - clock_system.mono(&clock_system);
		if (left <= 0)
			break;
		if (poll(&wait, 1, (int)left) < 0 && errno != EINTR)
			break;
	}
}
