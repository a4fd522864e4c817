# SPDX-License-Identifier: MIT
# What `make check`, `e2e`, `bench`, `soak` and `fuzz` run. ONLY=PATTERN runs the tests whose name matches.
# TOTAL=FILE gets the numbers, for who sums them up.
JOBS ?= $(shell nproc 2>/dev/null || echo 2)
run = $(PYTHON) tests/run.py --logs $(O)/logs $(if $(TOTAL),--total $(TOTAL)) $(if $(ONLY),--only '$(ONLY)')

# One set runs under valgrind too, which sees what the sanitizers do not: use of uninitialised memory.
# Without test_proc: valgrind turns posix_spawn's vfork into a fork, and a failed exec is not reported.
VALGRIND_UNITS := $(patsubst tests/%.c,$(O)/tests/%,$(filter-out %/test_proc.c,$(sort $(wildcard \
    tests/unit/net/test_*.c tests/unit/model/test_fleet.c tests/unit/kube/test_watch.c tests/unit/kube/test_wire.c))))

# Everything that needs a build is built first, going on after errors: what could not be built is then
# missing, and a missing program is a failed test. So one broken file does not hide the other results.
.PHONY: check check-run check-programs valgrind-programs
check:
	@contrib/install-deps.sh check
	+-$(Q)$(MAKE) --no-print-directory -k SAN=1 O=$(SAN_O) check-programs
	+-$(Q)$(MAKE) --no-print-directory -k SAN= O=$(O) valgrind-programs
	+$(Q)$(MAKE) --no-print-directory SAN=1 O=$(SAN_O) PLAIN_O=$(O) check-run

check-programs: $(O)/flagdeck $(O)/tests/e2e/sim_server units $(REPLAYS)
valgrind-programs: $(O)/flagdeck $(O)/tests/e2e/sim_server $(VALGRIND_UNITS)
check-run:
	+@$(run) --jobs $(JOBS) $(UNITS) \
	    $(foreach f,$(FUZZERS),'fuzz/$f=$(O)/tests/fuzz/replay_$f tests/fuzz/corpus/$f') \
	    'build=test -x $(O)/flagdeck' \
	    'console-memory=$(PYTHON) tests/console_memory.py --seconds 20 $(O)/flagdeck $(O)/tests/e2e/sim_server' \
	    'valgrind/console=$(PYTHON) tests/console_memory.py --valgrind --seconds 60 $(PLAIN_O)/flagdeck $(PLAIN_O)/tests/e2e/sim_server' \
	    tests/check-layers.sh 'check-layers-self-test=tests/check-layers.sh --self-test' \
	    'headers=$(MAKE) -k --no-print-directory SAN= O=$(PLAIN_O) headers' \
	    $(foreach u,$(VALGRIND_UNITS:$(O)/%=%),'valgrind/$(notdir $u)=tests/valgrind.sh $(PLAIN_O)/$u')

# End to end: each script of tests/e2e/ is a test, beside the helpers that they import. What is written in C
# there is a program that a script runs.
E2E_HELPERS := tests/e2e/exporter.py tests/e2e/rig.py tests/e2e/terminal.py
E2E_SCRIPTS := $(filter-out $(E2E_HELPERS),$(sort $(wildcard tests/e2e/*.py tests/e2e/*.sh)))
# A short run of the two long ones proves that they still work; figures are for `make bench`.
E2E_SMOKE := 'bench-smoke=$(PYTHON) tests/bench/bench.py --smoke' 'soak-smoke=$(PYTHON) tests/soak/soak.py --minutes 1'

.PHONY: e2e e2e-programs platform bench soak fuzz
e2e-programs: flagdeck $(E2E_PROGRAMS)
# The platform's servers. Without them the tests skip, and say so, rather than the run failing.
platform:
	@contrib/install-deps.sh e2e
	@tests/e2e/rig/build.sh || echo "THE PLATFORM'S SERVERS COULD NOT BE BUILT: the tests that need them are skipped"

# What these run with: a folder for the platforms, which are ended however the run ends.
with_platforms = dir=$$(mktemp -d -t flagdeck-e2e-XXXXXX); trap 'E2E_DIR=$$dir $(PYTHON) tests/e2e/rig.py end' EXIT; \
    trap 'exit 130' INT TERM; E2E_DIR=$$dir FLAGDECK=$(abspath $(O)/flagdeck) E2E_PROGRAMS=$(abspath $(O)/tests/e2e)
e2e: platform
	+$(Q)$(MAKE) --no-print-directory e2e-programs
	@$(with_platforms) $(run) --limit 300 $(E2E_SCRIPTS) $(E2E_SMOKE)

# BENCH="--fleet 240/5/12" and SOAK_MINUTES=10 shorten them.
SOAK_MINUTES ?= 120
# Figures in our own CPU time, by programs that need no platform.
$(O)/tests/bench/%: tests/bench/%.c $(call archives,app)
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $(LDFLAGS) -o $@ $< $(call link,app)
bench: platform flagdeck $(O)/tests/bench/metrics
	@$(O)/tests/bench/metrics
	@$(with_platforms) $(PYTHON) tests/bench/bench.py $(BENCH)
soak: platform flagdeck $(O)/tests/unit/flag/test_yaml_property
	@ROUNDS=100000 $(O)/tests/unit/flag/test_yaml_property
	@$(with_platforms) $(PYTHON) tests/soak/soak.py --minutes $(SOAK_MINUTES)

# New inputs go to build-fuzz/corpus; those worth keeping are committed by hand to tests/fuzz/corpus.
fuzz:
	@contrib/install-deps.sh fuzz
	+$(Q)$(MAKE) --no-print-directory FUZZ=1 SAN= CI= CC=clang O=$(O)-fuzz fuzz-run
.PHONY: fuzz-run
fuzz-run: $(patsubst %,$(O)/tests/fuzz/fuzz_%,$(FUZZERS))
	@failed=; for f in $(FUZZERS); do mkdir -p $(O)/corpus/$$f tests/fuzz/corpus/$$f; echo "fuzzing $$f for $(FUZZ_SECONDS) s"; \
	    $(O)/tests/fuzz/fuzz_$$f -max_total_time=$(FUZZ_SECONDS) -timeout=10 -rss_limit_mb=2048 -max_len=65536 \
	    -artifact_prefix=$(O)/$$f- $(O)/corpus/$$f tests/fuzz/corpus/$$f >$(O)/$$f.log 2>&1 || failed="$$failed $$f"; \
	    tail -n 1 $(O)/$$f.log; done; \
	if [ -n "$$failed" ]; then echo "failed:$$failed; the inputs and logs are in $(O)/"; exit 1; fi
