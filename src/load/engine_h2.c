/* SPDX-License-Identifier: MIT */
/*
 * HTTP/2 by nghttp2, over TLS (ALPN) or with prior knowledge. Requests of one turn of the loop are
 * submitted first and written together. A connection is free while it has fewer streams than the
 * target and the profile allow.
 */
#include <errno.h>
#include <nghttp2/nghttp2.h>
#include <stdlib.h>
#include <string.h>

#include "base/mem.h"
#include "engine_internal.h"

struct upload {
	char *bytes;
	size_t len, at;
};

struct stream {
	struct flight flight; /* first: a flight of such a connection is one */
	struct upload upload;
};

static int limit_of(struct conn *conn)
{
	uint32_t theirs =
	    nghttp2_session_get_remote_settings(conn->h2, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
	int ours = conn->worker->engine->profile->streams;
	return theirs < (uint32_t)ours ? (int)theirs : ours;
}

static void may_take_more(struct conn *conn)
{
	if (conn->streams < limit_of(conn) && nghttp2_session_check_request_allowed(conn->h2))
		worker_idle_add(conn->worker, conn);
	else
		worker_idle_remove(conn->worker, conn);
}

static int took_header(nghttp2_session *session, const nghttp2_frame *frame, const uint8_t *name,
                       size_t name_len, const uint8_t *value, size_t value_len, uint8_t flags, void *arg)
{
	struct stream *stream = nghttp2_session_get_stream_user_data(session, frame->hd.stream_id);
	(void)flags, (void)arg;
	if (!stream || frame->hd.type != NGHTTP2_HEADERS)
		return 0;
	if (name_len == 7 && memcmp(name, ":status", 7) == 0 && value_len == 3)
		stream->flight.status =
		    (short)((value[0] - '0') * 100 + (value[1] - '0') * 10 + (value[2] - '0'));
	else
		flight_header(&stream->flight, (const char *)name, name_len, (const char *)value, value_len);
	return 0;
}

static int took_data(nghttp2_session *session, uint8_t flags, int32_t id, const uint8_t *bytes, size_t len,
                     void *arg)
{
	struct stream *stream = nghttp2_session_get_stream_user_data(session, id);
	(void)flags, (void)arg;
	if (!stream)
		return 0;
	stream->flight.bytes += len;
	flight_body(&stream->flight, (const char *)bytes, len);
	return 0;
}

static int took_frame(nghttp2_session *session, const nghttp2_frame *frame, void *arg)
{
	struct conn *conn = arg;
	(void)session;
	if (frame->hd.type == NGHTTP2_GOAWAY)
		conn->ending = 1;
	if (frame->hd.type == NGHTTP2_SETTINGS)
		may_take_more(conn);
	return 0;
}

static int stream_closed(nghttp2_session *session, int32_t id, uint32_t code, void *arg)
{
	struct conn *conn = arg;
	struct worker *worker = conn->worker;
	struct stream *stream = nghttp2_session_get_stream_user_data(session, id);
	conn->streams--;
	if (!stream)
		return 0;
	if (code != NGHTTP2_NO_ERROR)
		engine_note(worker->engine, RUN_ERROR_RESET, "the target reset a stream: %s",
		            nghttp2_http2_strerror(code));
	worker_flight_end(worker, &stream->flight, code == NGHTTP2_NO_ERROR ? -1 : RUN_ERROR_RESET);
	free(stream->upload.bytes);
	free(stream);
	if (worker->engine->profile->users > 0)
		worker_answered(worker, conn);
	else if (!conn->ending)
		may_take_more(conn);
	return 0;
}

static ssize_t give_data(nghttp2_session *session, int32_t id, uint8_t *room, size_t size, uint32_t *flags,
                         nghttp2_data_source *source, void *arg)
{
	struct upload *upload = source->ptr;
	size_t part = upload->len - upload->at < size ? upload->len - upload->at : size;
	(void)session, (void)id, (void)arg;
	memcpy(room, upload->bytes + upload->at, part);
	upload->at += part;
	if (upload->at == upload->len)
		*flags |= NGHTTP2_DATA_FLAG_EOF;
	return (ssize_t)part;
}

int h2_begin(struct conn *conn)
{
	nghttp2_session_callbacks *callbacks;
	nghttp2_settings_entry settings[] = {
	    {NGHTTP2_SETTINGS_ENABLE_PUSH, 0},
	    {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, 1 << 20},
	};
	if (nghttp2_session_callbacks_new(&callbacks) != 0)
		abort();
	nghttp2_session_callbacks_set_on_header_callback(callbacks, took_header);
	nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, took_data);
	nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, took_frame);
	nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, stream_closed);
	int failed = nghttp2_session_client_new(&conn->h2, callbacks, conn);
	nghttp2_session_callbacks_del(callbacks);
	if (failed)
		abort();
	conn->streams = 0;
	nghttp2_submit_settings(conn->h2, NGHTTP2_FLAG_NONE, settings, 2);
	nghttp2_session_set_local_window_size(conn->h2, NGHTTP2_FLAG_NONE, 0, 16 << 20);
	return h2_flush(conn);
}

void h2_end(struct conn *conn)
{
	nghttp2_session_del(conn->h2);
	conn->h2 = NULL;
}

int h2_drop(struct conn *conn, enum run_error error)
{
	struct worker *worker = conn->worker;
	int had = 0;
	/* The list is the worker's; only this connection's end here. */
	for (struct flight *flight = worker->first, *later; flight; flight = later) {
		later = flight->later;
		if (flight->conn != conn)
			continue;
		had = 1;
		worker_flight_end(worker, flight, (int)error);
		free(((struct stream *)flight)->upload.bytes);
		free(flight);
	}
	return had;
}

static nghttp2_nv pair(const char *name, const char *value, size_t value_len)
{
	return (nghttp2_nv){(uint8_t *)(uintptr_t)name, (uint8_t *)(uintptr_t)value, strlen(name), value_len,
	                    NGHTTP2_NV_FLAG_NONE};
}

/* Fills the headers; texts lie in `scratch`, whose memory must not move meanwhile: so places first. */
static size_t h2_headers(struct worker *worker, const struct payload *payload, nghttp2_nv *pairs)
{
	const struct profile *profile = worker->engine->profile;
	struct buf *text = &worker->scratch;
	size_t places[PROFILE_HEADERS + 3], count = 0, filled = 0;
	const char *names[PROFILE_HEADERS + 3];
	buf_clear(text);
	names[count] = ":authority";
	places[count++] = text->len;
	target_authority(profile, text);
	names[count] = ":path";
	places[count++] = text->len;
	template_render(&payload->path, worker->number, text);
	for (size_t i = 0; i < payload->request->header_count; i++) {
		if (!payload->names[i])
			continue;
		names[count] = payload->names[i];
		places[count++] = text->len;
		template_render(&payload->values[i], worker->number, text);
	}
	places[count] = text->len;
	pairs[filled++] = pair(":method", payload->request->method, strlen(payload->request->method));
	pairs[filled++] = pair(":scheme", profile->at.tls ? "https" : "http", profile->at.tls ? 5 : 4);
	for (size_t i = 0; i < count; i++)
		pairs[filled++] = pair(names[i], text->data + places[i], places[i + 1] - places[i]);
	return filled;
}

void h2_send(struct conn *conn, int64_t intended)
{
	struct worker *worker = conn->worker;
	struct stream *stream = mem_new(sizeof(*stream));
	nghttp2_nv pairs[PROFILE_HEADERS + 5];
	nghttp2_data_provider provider = {.source = {.ptr = &stream->upload}, .read_callback = give_data};
	worker_flight_begin(worker, &stream->flight, conn, intended);
	const struct payload *payload = &worker->engine->payloads[stream->flight.request];
	size_t count = h2_headers(worker, payload, pairs);
	if (payload->request->body) {
		buf_clear(&worker->scratch_body);
		template_render(&payload->body, worker->number, &worker->scratch_body);
		stream->upload.len = worker->scratch_body.len;
		stream->upload.bytes = mem_copy(buf_string(&worker->scratch_body), worker->scratch_body.len);
	}
	int32_t id = nghttp2_submit_request(conn->h2, NULL, pairs, count,
	                                    payload->request->body ? &provider : NULL, stream);
	if (id < 0) {
		worker_flight_end(worker, &stream->flight, RUN_ERROR_PROTOCOL);
		free(stream->upload.bytes);
		free(stream);
		worker_idle_remove(worker, conn);
		return;
	}
	stream->flight.stream = id;
	conn->streams++;
	if (worker->engine->profile->users == 0)
		may_take_more(conn);
	if (!conn->flush) {
		conn->flush = 1;
		conn->flush_next = worker->flush_first;
		worker->flush_first = conn;
	}
}

int h2_flush(struct conn *conn)
{
	struct worker *worker = conn->worker;
	for (;;) {
		struct buf *text = &worker->scratch;
		const uint8_t *bytes;
		ssize_t len = 0;
		if (conn->out_len > 0) {
			if (conn_flush(conn) < 0)
				return -1;
			if (conn->out_len > 0)
				return 0; /* goes on when the socket takes more */
		}
		buf_clear(text);
		while (text->len < ENGINE_ROOM && (len = nghttp2_session_mem_send(conn->h2, &bytes)) > 0)
			(void)!buf_add(text, bytes, (size_t)len);
		if (len < 0) {
			conn_fail(conn, RUN_ERROR_PROTOCOL, "HTTP/2: %s", nghttp2_strerror((int)len));
			return -1;
		}
		if (text->len == 0)
			return 0;
		ssize_t done = conn_write(conn, text->data, text->len);
		if (done == -1) {
			conn_fail(conn, RUN_ERROR_RESET, "writing: %s", strerror(errno));
			return -1;
		}
		size_t written = done > 0 ? (size_t)done : 0;
		if (written < text->len) {
			conn->out_own = mem_copy(text->data + written, text->len - written);
			conn->out = conn->out_own;
			conn->out_len = text->len - written;
		}
	}
}

void h2_readable(struct conn *conn)
{
	struct worker *worker = conn->worker;
	for (int again = 0; again < 4; again++) {
		ssize_t got = conn_read(conn, worker->room, ENGINE_ROOM);
		if (got == -2)
			break;
		if (got <= 0) {
			if (conn->streams > 0)
				conn_fail(conn, got == 0 ? RUN_ERROR_CLOSED : RUN_ERROR_RESET,
				          got == 0 ? "the connection ended" : "reading failed");
			else
				conn_close(conn);
			return;
		}
		ssize_t used = nghttp2_session_mem_recv(conn->h2, (const uint8_t *)worker->room, (size_t)got);
		if (used < 0) {
			conn_fail(conn, RUN_ERROR_PROTOCOL, "HTTP/2: %s", nghttp2_strerror((int)used));
			return;
		}
		if (got < ENGINE_ROOM && !conn->ssl)
			break;
	}
	if (h2_flush(conn) < 0)
		return;
	if (conn->streams == 0 && (conn->ending || !nghttp2_session_want_read(conn->h2)))
		conn_close(conn);
}

void h2_give_up(struct conn *conn, struct flight *flight)
{
	struct stream *stream = (struct stream *)flight;
	struct worker *worker = conn->worker;
	nghttp2_session_set_stream_user_data(conn->h2, flight->stream, NULL);
	nghttp2_submit_rst_stream(conn->h2, NGHTTP2_FLAG_NONE, flight->stream, NGHTTP2_CANCEL);
	worker_flight_end(worker, flight, RUN_ERROR_TIMEOUT);
	/* Its bytes may be asked for until the stream is closed, which the reset does at the next flush. */
	if (h2_flush(conn) == 0 && worker->engine->profile->users > 0)
		worker_answered(worker, conn);
	free(stream->upload.bytes);
	free(stream);
}
