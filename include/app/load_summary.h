/* SPDX-License-Identifier: MIT */
#ifndef APP_LOAD_SUMMARY_H
#define APP_LOAD_SUMMARY_H

#include "app/cli.h"
#include "model/run.h"

/* Writes what --junit and --summary ask for, and with --ci what the CI system wants by itself. */
int load_summaries(const struct cli *cli, const struct run *run, struct err *err) MUST_USE;
int load_junit_write(const struct run *run, struct buf *out) MUST_USE;
int load_markdown_write(const struct run *run, struct buf *out) MUST_USE;

#endif
