/* SPDX-License-Identifier: MIT */
/*
 * Where keys come from. The first source that is configured is the one: when it fails, that is told, and
 * nobody guesses on. Keys live in memory only.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/mem.h"
#include "base/text.h"
#include "base/utf8.h"
#include "s3_internal.h"

static const int64_t renew_before_ms = 5 * 60 * 1000;

void s3_keys_release(struct s3_keys *keys)
{
	if (keys->secret_key)
		explicit_bzero(keys->secret_key, strlen(keys->secret_key));
	free(keys->access_key);
	free(keys->secret_key);
	free(keys->session_token);
	*keys = (struct s3_keys){0};
}

static const char *env(const char *name)
{
	const char *value = getenv(name);
	return value && *value ? value : NULL;
}

/* GET or PUT of a URL with up to one header; 0 when it answered 200. */
static int fetch(struct place *place, const char *method, const char *url, const char *header,
                 struct s3_reply *reply, const char *what, struct err *err)
{
	const char *scheme = strstr(url, "://"), *path = scheme ? strchr(scheme + 3, '/') : NULL;
	char *base = path ? mem_copy(url, (size_t)(path - url)) : mem_copy_string(url);
	const char *headers[] = {header, NULL};
	struct http_endpoint endpoint = {.url = base};
	struct http_server *server = http_server_new(place->http, &endpoint, err);
	int result = -1;
	if (server) {
		s3_exchange(place, server,
		            &(struct http_request){.method = method,
		                                   .path = path ? path : "/",
		                                   .headers = header ? headers : NULL,
		                                   .body = strcmp(method, "PUT") == 0 ? "" : NULL},
		            reply, 0);
		if (reply->status == 200) {
			result = 0;
		} else if (reply->status) {
			char *said = utf8_sanitised(buf_string(&reply->body), reply->body.len, 160);
			err_set(err, "%s: status %d: %s", what, reply->status, said);
			free(said);
		} else {
			err_set(err, "%s: %s", what, reply->error);
		}
		http_server_free(server);
	}
	free(base);
	return result;
}

static int read_token(const char *path, struct buf *token, struct err *err)
{
	if (buf_read_file(token, path, err) < 0)
		return -1;
	while (token->len > 0 && strchr("\r\n ", token->data[token->len - 1]))
		token->data[--token->len] = '\0';
	return token->len > 0 ? 0 : err_set(err, "%s is empty", path);
}

/* The token is read anew each time: it is renewed in place. */
static int from_web_identity(struct place *place, struct err *err)
{
	const char *role = env("AWS_ROLE_ARN"), *session = env("AWS_ROLE_SESSION_NAME"),
	           *own = env("AWS_ENDPOINT_URL_STS");
	struct s3_reply reply = {0};
	struct buf token;
	char *text = NULL;
	int result = -1;
	buf_init(&token, 64 << 10);
	buf_init(&reply.body, S3_REPLY);
	if (!role)
		err_set(err, "AWS_WEB_IDENTITY_TOKEN_FILE is set and AWS_ROLE_ARN is not");
	else if (read_token(env("AWS_WEB_IDENTITY_TOKEN_FILE"), &token, err) == 0) {
		size_t room = 3 * token.len + 2048;
		char *escaped = mem_new(room);
		struct text url = text_in(escaped, room);
		if (own)
			text_printf(&url, "%s", own);
		else
			text_printf(&url, "https://sts.%s.amazonaws.com", place->region);
		text_add(&url, "/?Action=AssumeRoleWithWebIdentity&Version=2011-06-15&RoleSessionName=");
		text_add_escaped(&url, session ? session : "flagdeck");
		text_add(&url, "&RoleArn=");
		text_add_escaped(&url, role);
		text_add(&url, "&WebIdentityToken=");
		text_add_escaped(&url, buf_string(&token));
		result =
		    fetch(place, "GET", escaped, NULL, &reply, "the role of AWS_ROLE_ARN was not given", err);
		explicit_bzero(escaped, room);
		free(escaped);
	}
	if (result == 0) {
		const char *at = buf_string(&reply.body), *start = at;
		place->keys.access_key = s3_xml(&at, "AccessKeyId");
		at = start;
		place->keys.secret_key = s3_xml(&at, "SecretAccessKey");
		at = start;
		place->keys.session_token = s3_xml(&at, "SessionToken");
		at = start;
		text = s3_xml(&at, "Expiration");
		if (text)
			(void)!stamp_parse(text, &place->keys.expires_ms);
		if (!place->keys.access_key || !place->keys.secret_key)
			result = err_set(err, "the answer of STS holds no keys");
	}
	free(text);
	buf_release(&token);
	buf_release(&reply.body);
	return result;
}

/* Plain HTTP only to the agent's addresses and this machine: the token must not travel. */
static int may_get_token(const char *url)
{
	static const char *const near[] = {"http://127.0.0.1",      "http://localhost",
	                                   "http://[::1]",          "http://169.254.170.2",
	                                   "http://169.254.170.23", "http://[fd00:ec2::23]"};
	if (strncmp(url, "https://", 8) == 0)
		return 1;
	for (size_t i = 0; i < sizeof(near) / sizeof(near[0]); i++) {
		size_t len = strlen(near[i]);
		if (strncmp(url, near[i], len) == 0 && (url[len] == '/' || url[len] == ':' || !url[len]))
			return 1;
	}
	return 0;
}

static int from_container(struct place *place, const char *url, struct err *err)
{
	const char *token = env("AWS_CONTAINER_AUTHORIZATION_TOKEN"),
	           *file = env("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE");
	struct s3_reply reply = {0};
	struct buf from_file;
	char *header = NULL;
	int result = -1;
	buf_init(&from_file, 64 << 10);
	buf_init(&reply.body, S3_REPLY);
	if (!may_get_token(url)) {
		err_set(err,
		        "AWS_CONTAINER_CREDENTIALS_FULL_URI must be https or an address of this machine");
		goto out;
	}
	if (file && read_token(file, &from_file, err) < 0)
		goto out;
	if (file)
		token = buf_string(&from_file);
	header = token ? mem_printf("Authorization: %s", token) : NULL;
	if (fetch(place, "GET", url, header, &reply, "the pod's credentials were not given", err) == 0)
		result = s3_keys_read(&place->keys, buf_string(&reply.body), reply.body.len, err);
out:
	free(header);
	buf_release(&from_file);
	buf_release(&reply.body);
	return result;
}

static int from_metadata(struct place *place, struct err *err)
{
	const char *base = env("AWS_EC2_METADATA_SERVICE_ENDPOINT") ? env("AWS_EC2_METADATA_SERVICE_ENDPOINT")
	                                                            : "http://169.254.169.254";
	static const char roles[] = "/latest/meta-data/iam/security-credentials/";
	const char *what = "no credentials: none in the environment, no web identity, no pod identity, and "
	                   "the metadata service";
	struct s3_reply reply = {0};
	char *header = NULL, *role = NULL, *url;
	int result = -1;
	buf_init(&reply.body, S3_REPLY);
	url = mem_printf("%s/latest/api/token", base);
	if (fetch(place, "PUT", url, "X-aws-ec2-metadata-token-ttl-seconds: 300", &reply, what, err) == 0) {
		header = mem_printf("X-aws-ec2-metadata-token: %.*s",
		                    (int)strcspn(buf_string(&reply.body), "\r\n"), buf_string(&reply.body));
		free(url);
		url = mem_printf("%s%s", base, roles);
		result = fetch(place, "GET", url, header, &reply, what, err);
	}
	if (result == 0) {
		role = mem_copy(buf_string(&reply.body), strcspn(buf_string(&reply.body), "\r\n"));
		free(url);
		url = mem_printf("%s%s%s", base, roles, role);
		result = fetch(place, "GET", url, header, &reply, what, err);
	}
	if (result == 0)
		result = s3_keys_read(&place->keys, buf_string(&reply.body), reply.body.len, err);
	free(url);
	free(role);
	free(header);
	buf_release(&reply.body);
	return result;
}

int s3_keys_find(struct place *place, struct err *err)
{
	struct s3_keys *keys = &place->keys;
	int64_t now = clock_system.wall(&clock_system);
	if (keys->access_key && (!keys->expires_ms || keys->expires_ms - now > renew_before_ms))
		return 0;
	s3_keys_release(keys);
	if (env("AWS_ACCESS_KEY_ID") && env("AWS_SECRET_ACCESS_KEY")) {
		keys->access_key = mem_copy_string(env("AWS_ACCESS_KEY_ID"));
		keys->secret_key = mem_copy_string(env("AWS_SECRET_ACCESS_KEY"));
		keys->session_token = mem_copy_string(env("AWS_SESSION_TOKEN"));
		return 0;
	}
	if (env("AWS_ACCESS_KEY_ID") || env("AWS_SECRET_ACCESS_KEY"))
		return err_set(err, "of AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY only one is set");
	if (env("AWS_WEB_IDENTITY_TOKEN_FILE"))
		return from_web_identity(place, err);
	if (env("AWS_CONTAINER_CREDENTIALS_FULL_URI"))
		return from_container(place, env("AWS_CONTAINER_CREDENTIALS_FULL_URI"), err);
	if (env("AWS_EC2_METADATA_DISABLED") && strcmp(env("AWS_EC2_METADATA_DISABLED"), "true") == 0)
		return err_set(err, "no credentials: none in the environment, no web identity, no pod "
		                    "identity, and the metadata service "
		                    "is switched off (AWS_EC2_METADATA_DISABLED)");
	return from_metadata(place, err);
}
