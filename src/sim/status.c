/* SPDX-License-Identifier: MIT */
/* Status objects: how an API server says no. */
#include <stdlib.h>
#include <string.h>

#include "api_state.h"

const char *status_reason(int code)
{
	static const struct {
		int code;
		const char *reason;
	} reasons[] = {
		{400, "BadRequest"}, {401, "Unauthorized"}, {403, "Forbidden"}, {404, "NotFound"},
		{405, "MethodNotAllowed"}, {409, "Conflict"}, {410, "Expired"}, {415, "UnsupportedMediaType"},
		{422, "Invalid"}, {429, "TooManyRequests"}, {500, "InternalError"}, {503, "ServiceUnavailable"},
		{504, "Timeout"},
	};
	for (size_t i = 0; i < sizeof(reasons) / sizeof(reasons[0]); i++)
		if (reasons[i].code == code)
			return reasons[i].reason;
	return "";
}

void status_text(struct buf *out, int code, const char *reason, const char *message, const char *details)
{
	cJSON *text = cJSON_CreateString(message);
	char *quoted = cJSON_PrintUnformatted(text);
	buf_must(buf_printf(out, "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"metadata\":{},\"status\":\"%s\","
	                         "\"message\":%s,"
	                         "\"reason\":\"%s\"%s%s,\"code\":%d}", code < 300 ? "Success" : "Failure",
	                    quoted ? quoted : "\"\"", reason ? reason : status_reason(code), details ? ","
	                    	"\"details\":" : "",
	                    details ? details : "", code));
	free(quoted);
	cJSON_Delete(text);
}

void reply_text(struct server_call *call, int code, const struct buf *body)
{
	call_reply(call, code, "application/json", NULL, buf_string(body), body->len);
}

void status_reply(struct api *api, struct server_call *call, int code, const char *reason,
                  const char *message, const char *details, const char *headers)
{
	struct buf body;
	(void)api;
	buf_init(&body, SIM_TEXT_MAX);
	status_text(&body, code, reason, message, details);
	buf_must(buf_add(&body, "\n", 1));
	call_reply(call, code, "application/json", headers, buf_string(&body), body.len);
	buf_release(&body);
}
