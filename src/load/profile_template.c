/* SPDX-License-Identifier: MIT */
/* Profiles to begin with; `flagdeck load init NAME` writes one. */
#include "load/profile.h"

#define HEAD "# flagdeck load profile; check it with: flagdeck load lint FILE\n"
#define REST "requests:\n  - {name: home, path: /}\n"

static const struct profile_template templates[] = {
    {"smoke", "a few requests: does it work at all",
     HEAD "name: smoke\ntarget: %s\nconnections: 5\nstages:\n  - {rate: 5/s, for: 30s}\n"
          "slos:\n  - errors < 1%%\n  - p99 < 1s\n" REST},
    {"baseline", "the usual traffic for ten minutes, to compare with",
     HEAD "name: baseline\ntarget: %s\nconnections: 50\nwarmup: 30s\nstages:\n  - {from: 10/s, rate: 200/s, "
          "for: 30s}\n"
          "  - {rate: 200/s, for: 10m}\nslos:\n  - p99 < 250ms\n  - {check: errors < 1%% for 30s, abort: "
          "true}\n" REST},
    {"stress", "steps beyond the usual traffic",
     HEAD
     "name: stress\ntarget: %s\nconnections: 200\nwarmup: 10s\nstages:\n"
     "  - {steps: {from: 200/s, to: 2000/s, by: 200/s}, for: 1m}\n  - {from: 2000/s, rate: 0, for: 30s}\n"
     "slos:\n  - p99 < 500ms\n  - {check: errors < 5%% for 20s, abort: true}\n" REST},
    {"soak", "the usual traffic for hours: leaks, drift, rotation",
     HEAD "name: soak\ntarget: %s\nconnections: 50\nwarmup: 1m\nstages:\n  - {rate: 200/s, for: 4h}\n"
          "slos:\n  - p99.9 < 1s\n  - {check: errors < 1%% for 5m, abort: true}\n" REST},
    {"spike", "a sudden crowd: does it hold, how fast does it recover",
     HEAD "name: spike\ntarget: %s\nconnections: 500\nwarmup: 10s\nstages:\n  - {rate: 100/s, for: 1m}\n"
          "  - {spike: 2000/s, for: 30s}\n  - {rate: 100/s, for: 2m}\n"
          "slos:\n  - errors < 5%%\n  - p99 < 2s\n" REST},
    {"breakpoint", "searches the highest rate at which the SLOs hold",
     HEAD "name: breakpoint\ntarget: %s\nconnections: 500\nstages:\n"
          "  - {search: {from: 100/s, to: 20000/s, precision: 5%%}, for: 15s}\n"
          "slos:\n  - p99 < 250ms\n  - errors < 1%%\n" REST},
};

const struct profile_template *profile_template_at(size_t index)
{
	return index < sizeof(templates) / sizeof(templates[0]) ? &templates[index] : NULL;
}
