/* SPDX-License-Identifier: MIT */
/*
 * The answering side. Everything here only adds to the connection's queue; bytes move, and
 * connections close, from the loop. So a handler may answer, cut or be cut off in any order without
 * a callback into itself.
 */
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "server_internal.h"

enum { HEAD_ROOM = 16 * 1024 };

struct server_call *call_new(struct connection *connection, const struct parsed *parsed)
{
	struct server_call *call = mem_new(sizeof(*call));

	call->connection = connection;
	call->keep_alive = parsed->keep_alive;
	call->chunks = !parsed->version10;
	call->is_head = strcmp(parsed->request.method, "HEAD") == 0;
	connection->call = call;
	return call;
}

static const char *reason(int status)
{
	static const struct {
		int status;
		const char *words;
	} reasons[] = {
	    {200, "OK"},
	    {201, "Created"},
	    {202, "Accepted"},
	    {204, "No Content"},
	    {301, "Moved Permanently"},
	    {302, "Found"},
	    {304, "Not Modified"},
	    {400, "Bad Request"},
	    {401, "Unauthorized"},
	    {403, "Forbidden"},
	    {404, "Not Found"},
	    {405, "Method Not Allowed"},
	    {409, "Conflict"},
	    {410, "Gone"},
	    {413, "Content Too Large"},
	    {415, "Unsupported Media Type"},
	    {422, "Unprocessable Content"},
	    {429, "Too Many Requests"},
	    {431, "Request Header Fields Too Large"},
	    {500, "Internal Server Error"},
	    {502, "Bad Gateway"},
	    {503, "Service Unavailable"},
	    {504, "Gateway Timeout"},
	};

	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].status == status)
			return reasons[i].words;
	return "Status";
}

static int status_has_body(int status)
{
	return status >= 200 && status != 204 && status != 304;
}

static void queue_head(struct server_call *call, int status, const char *content_type,
                       const char *extra_headers, const char *framing)
{
	struct buf head;
	int full;

	buf_init(&head, HEAD_ROOM + (extra_headers ? strlen(extra_headers) : 0));
	full = buf_printf(&head, "HTTP/1.1 %d %s\r\n%s", status, reason(status), framing);
	if (content_type)
		full |= buf_printf(&head, "Content-Type: %s\r\n", content_type);
	if (extra_headers)
		full |= buf_add_string(&head, extra_headers);
	if (!call->keep_alive)
		full |= buf_add_string(&head, "Connection: close\r\n");
	full |= buf_add_string(&head, "\r\n");
	if (full)
		call->connection->doomed = 1; /* a content type of 16 KiB: no answer we can give */
	connection_queue(call->connection, buf_string(&head), head.len);
	buf_release(&head);
}

/* The call is over: the connection goes on as `after` says. */
static void call_leave(struct server_call *call, enum after_queue after)
{
	struct connection *connection = call->connection;

	connection->call = NULL;
	connection->after = after;
	free(call);
	connection_watch(connection);
}

void call_on_closed(struct server_call *call, void (*closed)(void *arg), void *arg)
{
	call->closed = closed;
	call->closed_arg = arg;
}

void call_reply(struct server_call *call, int status, const char *content_type, const char *extra_headers,
                const char *body, size_t len)
{
	char framing[64] = "";

	if (status_has_body(status))
		snprintf(framing, sizeof(framing), "Content-Length: %zu\r\n", len);
	queue_head(call, status, content_type, extra_headers, framing);
	if (status_has_body(status) && !call->is_head)
		connection_queue(call->connection, body, len);
	call_leave(call, call->keep_alive ? QUEUE_KEEP : QUEUE_CLOSE);
}

void call_begin(struct server_call *call, int status, const char *content_type, const char *extra_headers)
{
	if (!call->chunks)
		call->keep_alive = 0; /* HTTP/1.0: the end of the connection is the end of the body */
	queue_head(call, status, content_type, extra_headers,
	           call->chunks ? "Transfer-Encoding: chunked\r\n" : "");
	connection_watch(call->connection);
}

void call_write(struct server_call *call, const char *bytes, size_t len)
{
	char size[24];

	if (!len || call->is_head) /* an empty chunk would be the last one */
		return;
	if (call->chunks) {
		snprintf(size, sizeof(size), "%zx\r\n", len);
		connection_queue(call->connection, size, strlen(size));
	}
	connection_queue(call->connection, bytes, len);
	if (call->chunks)
		connection_queue(call->connection, "\r\n", 2);
	connection_watch(call->connection);
}

void call_end(struct server_call *call)
{
	if (call->chunks && !call->is_head)
		connection_queue(call->connection, "0\r\n\r\n", 5);
	call_leave(call, call->keep_alive ? QUEUE_KEEP : QUEUE_CLOSE);
}

void call_write_raw(struct server_call *call, const char *bytes, size_t len)
{
	connection_queue(call->connection, bytes, len);
	connection_watch(call->connection);
}

void call_cut(struct server_call *call)
{
	call_leave(call, QUEUE_CLOSE);
}

void call_reset(struct server_call *call)
{
	call_leave(call, QUEUE_RESET);
}

void call_freeze(struct server_call *call)
{
	call->connection->frozen = 1;
	connection_watch(call->connection);
}

size_t call_pending(const struct server_call *call)
{
	return call->connection->out.len - call->connection->sent;
}
