# SPDX-License-Identifier: MIT
# A layer is a folder of src/ and becomes one archive. A test links with its own layer and those that
# CONTRIBUTING.md's table lets it include, so a forbidden dependency does not even link.
.DEFAULT_GOAL := all
PREFIX ?= /usr/local
CC ?= cc
PYTHON ?= python3
PKGS := ncursesw libcurl libcjson yaml-0.1 sqlite3 openssl libnghttp2 zlib
VERSION := 0.1.0

# O: where things are built. SAN=1: with ASan and UBSan, in a folder of its own. FUZZ=1: for libFuzzer.
O ?= build$(if $(SAN),-san)$(if $(FUZZ),-fuzz)
# The folder of the sanitised build beside it, which is what `make check` tests.
SAN_O := $(if $(SAN),$(O),$(O)-san)
comma := ,
WARN := -Wall -Wextra -Wshadow -Wvla -Wmissing-prototypes -Wstrict-prototypes -Wconversion -Wno-sign-conversion \
        -Wpointer-arith -Wwrite-strings -Wundef $(if $(FUZZ),-Wno-unknown-warning-option) -Wno-format-truncation $(if $(CI),-Werror)
SANITIZE := $(if $(FUZZ),fuzzer-no-link$(comma))$(if $(SAN)$(FUZZ),address$(comma)undefined)
OPT := $(if $(SANITIZE),-O1 -fsanitize=$(SANITIZE) -fno-sanitize-recover=undefined -fno-omit-frame-pointer,-O2)
# Asked once: in a recursive variable it would be asked for every file.
PKG_CFLAGS := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS := $(shell pkg-config --libs $(PKGS) 2>/dev/null)
CPPFLAGS += -Iinclude -I$(O)/gen -D_GNU_SOURCE -DFLAGDECK_VERSION='"$(VERSION)"'
CFLAGS += -std=c11 -g $(OPT) $(WARN) $(PKG_CFLAGS)
LDLIBS += $(PKG_LIBS) -lev -lm -pthread
Q := $(if $(V),,@)
say = $(if $(V),@:,@printf '  %-8s %s\n' $1 $2)

# Upper layers first: the order in which archives are linked.
LAYERS := app sim ops view action check ui term trace report load flag flux prom git store kube model net base
# What a layer may link with, beside itself and base. The same table stands in CONTRIBUTING.md.
DEPS_net    :=
DEPS_model  :=
DEPS_kube   := net model
DEPS_store  := model
DEPS_git    := net model
DEPS_flux   := kube net model
DEPS_prom   := kube net model
DEPS_trace  := flux git prom store kube net model
DEPS_flag   := git net model
DEPS_load   := kube prom net model
DEPS_report := net model store
DEPS_ops    := trace report load flag flux prom git store kube net model
DEPS_check  := flux prom git store kube net model
DEPS_term   :=
DEPS_ui     := term
DEPS_action := ui term
DEPS_view   := action ui term model
DEPS_sim    := net
DEPS_app    := sim ops view action check ui term trace report load flag flux prom git store kube net model
# What the tests of a layer may link with beside that: those of kube, flux, check and ops talk to the embedded platform.
WITH_kube   := sim
WITH_flux   := sim
WITH_check  := sim
WITH_ops    := sim

sources = $(sort $(wildcard src/$1/*.c))
objects = $(patsubst src/%.c,$(O)/src/%.o,$(call sources,$1)) $(GENERATED_$1)
archives = $(patsubst %,$(O)/lib%.a,$(filter $1 $(DEPS_$1) $(WITH_$1) base,$(LAYERS)))

.PHONY: all clean
all: needed
	+$(Q)$(MAKE) --no-print-directory flagdeck

# Themes and keymaps are compiled in. The folders are named too, so that a removed file counts.
EMBEDDED := $(sort $(wildcard themes/*.yaml keymaps/*.yaml))
GENERATED_term := $(O)/gen/embedded.o
$(O)/gen/embedded.c: contrib/embed.sh $(EMBEDDED) $(wildcard themes keymaps)
	$(call say,EMBED,$@)
	@mkdir -p $(@D)
	$(Q)contrib/embed.sh $(EMBEDDED) >$@.new && mv $@.new $@
# So is the catalog of flags: the one of the reference platform.
GENERATED_flag := $(O)/gen/flag_catalog.o
$(O)/gen/flag_catalog.c: contrib/embed.sh contrib/platform/platform/flags.yaml
	$(call say,EMBED,$@)
	@mkdir -p $(@D)
	$(Q)contrib/embed.sh --text flag/catalog.h flag_catalog_builtin contrib/platform/platform/flags.yaml >$@.new && mv $@.new $@
# The report's pages, and the chart library that they use, fetched once from its registry.
REPORT_TEXTS := index.html style.css stats.js charts.js app.js uplot.js uplot.css uplot-license.txt
report_name = report_$(subst -,_,$(subst .,_,$(patsubst %-license.txt,%-license,$1)))
GENERATED_report := $(foreach f,$(REPORT_TEXTS),$(O)/gen/$(call report_name,$f).o)
$(O)/assets/uplot.js: contrib/report-assets.sh
	$(call say,ASSETS,$(@D))
	$(Q)contrib/report-assets.sh $(@D) && touch $@
$(O)/assets/uplot.css $(O)/assets/uplot-license.txt: $(O)/assets/uplot.js
define report_rule
$(O)/gen/$(call report_name,$1).c: $(if $(filter uplot%,$1),$(O)/assets/$1,report/$1) contrib/embed.sh
	@mkdir -p $$(@D)
	$(Q)contrib/embed.sh --text report/assets.h $(call report_name,$1) $$< >$$@.new && mv $$@.new $$@
endef
$(foreach f,$(REPORT_TEXTS),$(eval $(call report_rule,$f)))
$(O)/gen/%.o: $(O)/gen/%.c
	$(call say,CC,$<)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

$(O)/src/%.o: src/%.c
	$(call say,CC,$<)
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -MMD -MP -c -o $@ $<

define layer_rule
$(O)/lib$1.a: $$(filter-out $(O)/src/app/main.o,$$(call objects,$1))
	$$(call say,AR,$$@)
	@mkdir -p $$(@D)
	$$(Q)rm -f $$@ && ar rcs $$@ $$^
endef
$(foreach layer,$(LAYERS),$(eval $(call layer_rule,$(layer))))

# A new file: the old one may be running.
flagdeck: $(O)/flagdeck
	$(Q)rm -f $@ && cp $< $@
$(O)/flagdeck: $(O)/src/app/main.o $(call archives,app)
	$(call say,LD,$@)
	$(Q)$(CC) $(CFLAGS) $(LDFLAGS) -o $@ $(O)/src/app/main.o $(call link,app)
# The linker's words for the archives that a layer may use.
link = -Wl,--start-group $(call archives,$1) -Wl,--end-group $(LDLIBS)

# Unit tests: tests/unit/LAYER/test_X.c, one cmocka program each.
UNITS := $(patsubst tests/%.c,$(O)/tests/%,$(sort $(wildcard tests/unit/*/test_*.c)))
layer_of = $(word 2,$(subst /, ,$(patsubst $(O)/tests/%,%,$1)))
TEST_CFLAGS = $(CPPFLAGS) -Itests $(CFLAGS) -Wno-missing-prototypes -Wno-conversion -MMD -MP
.SECONDEXPANSION:
$(O)/tests/unit/%: tests/unit/%.c $$(call archives,$$(call layer_of,$$@))
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $(LDFLAGS) -o $@ $< $(call link,$(call layer_of,$@)) -lcmocka

.PHONY: units
units: $(UNITS)

# Each header compiles alone.
HEADERS := $(patsubst %.h,$(O)/%.ok,$(wildcard include/*/*.h))
$(O)/include/%.ok: include/%.h
	@mkdir -p $(@D)
	$(Q)$(CC) $(CPPFLAGS) $(CFLAGS) -Werror -fsyntax-only -MMD -MP -MT $@ -MF $(@:.ok=.d) -x c $<
	@touch $@
.PHONY: headers
headers: $(HEADERS)

# Fuzz targets: tests/fuzz/fuzz_X.c with LLVMFuzzerTestOneInput, and the corpus tests/fuzz/corpus/X/.
# `make check` replays the corpora (with gcc too); `make fuzz` searches on with libFuzzer.
FUZZERS := $(patsubst tests/fuzz/fuzz_%.c,%,$(sort $(wildcard tests/fuzz/fuzz_*.c)))
FUZZ_SECONDS ?= 600
REPLAYS := $(patsubst %,$(O)/tests/fuzz/replay_%,$(FUZZERS))
$(O)/tests/fuzz/replay_%: tests/fuzz/fuzz_%.c tests/fuzz/replay.c $(call archives,app)
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -MF $@.d -o $@ $< tests/fuzz/replay.c $(call link,app)
$(O)/tests/fuzz/fuzz_%: tests/fuzz/fuzz_%.c $(call archives,app)
	$(call say,FUZZ,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) -MF $@.d -fsanitize=fuzzer$(comma)address$(comma)undefined -o $@ $< $(call link,app)

# Programs that tests run: tests/e2e/X.c.
E2E_PROGRAMS := $(patsubst tests/%.c,$(O)/tests/%,$(sort $(wildcard tests/e2e/*.c)))
$(O)/tests/e2e/%: tests/e2e/%.c $(call archives,app)
	$(call say,TEST,$@)
	@mkdir -p $(@D)
	$(Q)$(CC) $(TEST_CFLAGS) $(LDFLAGS) -o $@ $< $(call link,app)

include tests/tests.mk

# `needed` only looks; demo, check, e2e and fuzz install what is missing where they may.
.PHONY: needed demo install
needed:
	@contrib/install-deps.sh --only-look
demo:
	@contrib/install-deps.sh
	+$(Q)$(MAKE) --no-print-directory flagdeck
	@./flagdeck demo

install: all
	install -d $(DESTDIR)$(PREFIX)/bin $(DESTDIR)$(PREFIX)/share/man/man1 $(DESTDIR)$(PREFIX)/share/doc/flagdeck
	install -m 755 flagdeck $(DESTDIR)$(PREFIX)/bin/flagdeck
	contrib/man.sh ./flagdeck $(VERSION) >$(DESTDIR)$(PREFIX)/share/man/man1/flagdeck.1
	install -m 644 LICENSE $(wildcard README.md) $(DESTDIR)$(PREFIX)/share/doc/flagdeck

clean:
	rm -rf build build-san build-fuzz flagdeck

-include $(shell find $(O) -name '*.d' 2>/dev/null)
