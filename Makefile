# truc: the one build. `make help` names the targets.
#
# Sources are found by wildcard: src/<module>/*.c go into libtruc.a, test_*.c and fuzz_*.c beside them become programs of
# their own, src/cli/main.c is linked apart. A variant is a folder: make V=asan check builds in build-asan/.

.SUFFIXES:
.DELETE_ON_ERROR:
.SECONDARY:

V       ?=
T       ?= 60
PREFIX  ?= /usr
DESTDIR ?=
B       := build$(if $(V),-$(V))

# ---- compiler and flags --------------------------------------------------------------------------------------------

ifeq ($(origin CC),default)
CC := $(if $(V),clang,gcc)
endif

PACKAGES := libhs liblzma libzstd gnutls libsystemd yaml-0.1 zlib libarchive jansson yara libmaxminddb
NEEDS_LIBRARIES := $(if $(filter-out clean help gates,$(or $(MAKECMDGOALS),all)),yes)
ifdef NEEDS_LIBRARIES
PACKAGES_MISSING := $(shell for p in $(PACKAGES); do pkg-config --exists $$p 2>/dev/null || echo $$p; done)
ifneq ($(PACKAGES_MISSING),)
$(error missing libraries: $(PACKAGES_MISSING); run tools/install-deps build)
endif
LIB_CFLAGS := $(patsubst -I%,-isystem %,$(shell pkg-config --cflags $(PACKAGES)))
LIBS       := $(shell pkg-config --libs $(PACKAGES)) -lbz2 -lm -pthread
endif

WARNINGS := -Wall -Wextra -Werror -Wshadow -Wvla -Wundef -Wcast-qual -Wwrite-strings -Wpointer-arith -Wformat=2 \
	-Wconversion -Wno-sign-conversion -Wstrict-prototypes -Wmissing-prototypes -Wimplicit-fallthrough \
	$(if $(findstring clang,$(CC)),-Wno-string-conversion)
# (clang's -Wconversion would forbid assert(!"what happened").)

MACHINE := $(shell uname -m)
HARDEN_x86_64  := -fcf-protection
HARDEN_aarch64 := -mbranch-protection=standard
HARDEN := -D_FORTIFY_SOURCE=2 -fstack-protector-strong -fstack-clash-protection $(HARDEN_$(MACHINE))
ARCH_x86_64 := -march=x86-64

# -O3 and inlining between files make the hunt 14 % faster than -O2 (docs/performance.md). Objects hold machine code too, so
# that the many small test programs link without it.
LTO                  := $(if $(V),,$(if $(findstring gcc,$(CC)),-flto=auto -ffat-lto-objects))
NO_LTO               := $(if $(LTO),-fno-lto -fno-use-linker-plugin)
VARIANT_CFLAGS       := -O3 -g $(HARDEN) $(LTO)
VARIANT_CFLAGS_asan  := -O1 -g -fno-omit-frame-pointer -fsanitize=address,undefined -fno-sanitize-recover=all
VARIANT_CFLAGS_tsan  := -O1 -g -fno-omit-frame-pointer -fsanitize=thread
VARIANT_CFLAGS_fuzz  := -O1 -g -fno-omit-frame-pointer -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all
VARIANT_LDFLAGS_asan := -fsanitize=address,undefined
VARIANT_LDFLAGS_tsan := -fsanitize=thread
VARIANT_LDFLAGS_fuzz := -fsanitize=address,undefined
ifneq ($(filter-out asan tsan fuzz,$(V)),)
$(error no variant V=$(V): asan, tsan or none)
endif

ALL_CFLAGS := -std=c17 -D_GNU_SOURCE -Isrc -include tools/poison.h $(WARNINGS) $(ARCH_$(MACHINE)) -pthread -fPIE \
	$(if $(V),$(VARIANT_CFLAGS_$(V)),$(VARIANT_CFLAGS)) $(LIB_CFLAGS) $(CFLAGS)
ALL_LDFLAGS := -pie -Wl,-z,relro,-z,now -Wl,--as-needed $(VARIANT_LDFLAGS_$(V)) $(LDFLAGS)

# One short line a step; VERBOSE=1 shows the commands.
Q   := $(if $(VERBOSE),,@)
say = $(if $(VERBOSE),:,echo '  $(1)')

# ---- sources -------------------------------------------------------------------------------------------------------

SOURCES      := $(sort $(wildcard src/*/*.c))
TEST_SOURCES := $(foreach s,$(SOURCES),$(if $(filter test_%,$(notdir $(s))),$(s)))
FUZZ_SOURCES := $(foreach s,$(SOURCES),$(if $(filter fuzz_%,$(notdir $(s))),$(s)))
LIB_SOURCES  := $(filter-out $(TEST_SOURCES) $(FUZZ_SOURCES) src/cli/main.c,$(SOURCES))
MODULES      := $(sort $(notdir $(patsubst %/,%,$(dir $(SOURCES)))))

object = $(patsubst src/%.c,$(B)/%.o,$(1))
LIB_OBJECTS := $(call object,$(LIB_SOURCES)) $(B)/version.o $(B)/report/page.o
TESTS       := $(patsubst src/%.c,$(B)/%,$(TEST_SOURCES))
REPLAYS     := $(foreach s,$(FUZZ_SOURCES),$(B)/replay/$(basename $(notdir $(s))))
FUZZERS     := $(foreach s,$(FUZZ_SOURCES),$(B)/fuzz/$(basename $(notdir $(s))))
FUZZ_NAMES  := $(foreach s,$(FUZZ_SOURCES),$(patsubst fuzz_%,%,$(basename $(notdir $(s)))))
E2E         := $(sort $(wildcard tests/e2e/[0-9]*))

# Benchmark tools, and what they use where it is there: libarchive to open packed inputs, jansson to measure against.
BENCHES := $(patsubst bench/%.c,$(B)/bench/%,$(wildcard bench/*.c))
ifdef NEEDS_LIBRARIES
BENCH_PACKAGES := $(strip $(foreach p,jansson libarchive,$(if $(shell pkg-config --exists $(p) 2>/dev/null && echo y),$(p))))
BENCH_CFLAGS := $(patsubst %,-DHAVE_%,$(BENCH_PACKAGES:lib%=%))
BENCH_LIBS := $(if $(BENCH_PACKAGES),$(shell pkg-config --libs $(BENCH_PACKAGES)))
endif

# Tests that use the shared test data look below $TRUC_SHARED; a second worktree finds the data beside the first.
ifeq ($(TRUC_SHARED),)
TRUC_SHARED := $(firstword $(wildcard ../shared \
	$(dir $(shell git rev-parse --path-format=absolute --git-common-dir 2>/dev/null))../shared))
endif
ifneq ($(TRUC_SHARED),)
export TRUC_SHARED := $(abspath $(TRUC_SHARED))
endif

# ---- targets -------------------------------------------------------------------------------------------------------

.PHONY: all check gates fuzz fuzz-programs bench bench-tools install tidy clean help FORCE
all: $(B)/truc

$(B)/truc: $(B)/cli/main.o $(B)/libtruc.a
	@$(call say,LINK  $@)
	$(Q)$(CC) $(ALL_LDFLAGS) $(if $(LTO),$(ALL_CFLAGS)) -o $@ $^ $(LIBS)

$(B)/libtruc.a: $(LIB_OBJECTS)
	@rm -f $@
	@$(call say,AR    $@)
	$(Q)ar rcs $@ $^

$(B)/%.o: src/%.c $(B)/.flags
	@mkdir -p $(@D)
	@$(call say,CC    $<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

$(TESTS): $(B)/%: $(B)/%.o $(B)/libtruc.a
	@$(call say,LINK  $@)
	$(Q)$(CC) $(ALL_LDFLAGS) $(NO_LTO) -o $@ $^ -lcmocka $(LIBS)

# A fuzzer's own object, once with a main that replays its corpus and once (V=fuzz) with libFuzzer's.
$(B)/replay.o: tools/replay.c $(B)/.flags
	@mkdir -p $(@D)
	@$(call say,CC    $<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<

define fuzzer
$(B)/replay/$(basename $(notdir $(1))): $(call object,$(1)) $(B)/replay.o $(B)/libtruc.a
	@mkdir -p $$(@D)
	@$$(call say,LINK  $$@)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) $$(NO_LTO) -o $$@ $$^ $$(LIBS)
$(B)/fuzz/$(basename $(notdir $(1))): $(call object,$(1)) $(B)/libtruc.a
	@mkdir -p $$(@D)
	@$$(call say,LINK  $$@)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -fsanitize=fuzzer -o $$@ $$^ $$(LIBS)
endef
$(foreach s,$(FUZZ_SOURCES),$(eval $(call fuzzer,$(s))))

# What everything was compiled with: another compiler or flag rebuilds. The version changes with each commit.
$(B)/.flags: FORCE
	@mkdir -p $(@D)
	@tools/replace-if-changed $@ '$(subst ','\'',$(CC) $(ALL_CFLAGS))'
$(B)/version.c: FORCE
	@mkdir -p $(@D)
	@tools/version c '$(PREFIX)/share/truc' | tools/replace-if-changed $@
$(B)/version.o: $(B)/version.c $(B)/.flags
	@$(call say,CC    $<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
# The page of --format html.
$(B)/report/page.c: src/report/page.css src/report/page.js tools/embed
	@mkdir -p $(@D)
	@tools/embed src/report/page.css src/report/page.js >$@
$(B)/report/page.o: $(B)/report/page.c $(B)/.flags
	@$(call say,CC    $<)
	$(Q)$(CC) $(ALL_CFLAGS) -MMD -MP -c -o $@ $<
FORCE:

# ---- checks --------------------------------------------------------------------------------------------------------

check: $(B)/truc $(TESTS) $(REPLAYS) $(BENCHES)
	@TRUC=$(B)/truc tools/check $(B)/check $(TESTS) $(REPLAYS) $(E2E) tools/check-includes tools/check-size tools/check-catalogue

define check_module
.PHONY: check-$(1)
check-$(1): $(filter $(B)/$(1)/%,$(TESTS)) \
		$(foreach s,$(filter src/$(1)/%,$(FUZZ_SOURCES)),$(B)/replay/$(basename $(notdir $(s)))) $(if $(filter cli,$(1)),$(B)/truc)
	@TRUC=$(B)/truc tools/check $(B)/check-$(1) $$(filter-out $(B)/truc,$$^)
endef
$(foreach m,$(MODULES),$(eval $(call check_module,$(m))))

gates:
	@tools/check $(B)/check tools/check-includes tools/check-size tools/check-catalogue

# Each fuzzer T seconds; what it finds is left in build-fuzz/found/.
fuzz:
	@$(MAKE) --no-print-directory V=fuzz fuzz-programs
	@tools/fuzz $(T) $(FUZZ_NAMES)
fuzz-programs: $(FUZZERS)
$(addprefix fuzz-,$(FUZZ_NAMES)): fuzz-%:
	@$(MAKE) --no-print-directory V=fuzz build-fuzz/fuzz/fuzz_$*
	@tools/fuzz $(T) $*
.PHONY: $(addprefix fuzz-,$(FUZZ_NAMES))

$(BENCHES): $(B)/bench/%: bench/%.c $(B)/libtruc.a $(B)/.flags
	@mkdir -p $(@D)
	@$(call say,LINK  $@)
	$(Q)$(CC) $(ALL_CFLAGS) $(BENCH_CFLAGS) -MMD -MP -MF $@.d $(ALL_LDFLAGS) -o $@ $< $(B)/libtruc.a $(LIBS) $(BENCH_LIBS)

bench-tools: $(BENCHES)
bench: $(B)/truc $(BENCHES)
	TRUC=$(B)/truc bench/run $(ROWS)

TIDY_SOURCES := $(filter-out $(TEST_SOURCES) $(FUZZ_SOURCES),$(SOURCES))
tidy:
	@printf '%s\n' $(TIDY_SOURCES) | xargs -P 2 -n 4 sh -c 'clang-tidy --quiet "$$@" -- -std=c17 -D_GNU_SOURCE -Isrc $(LIB_CFLAGS)' tidy
	cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr --error-exitcode=1 \
		--suppressions-list=tools/cppcheck.txt -D_GNU_SOURCE -D__x86_64__ -Isrc $(TIDY_SOURCES)

# ---- the rest ------------------------------------------------------------------------------------------------------

# Commands with a page of their own: the rows of src/cli/commands.c.
MANUALS = $(shell LC_ALL=C $(B)/truc --help | sed -n '/^Commands/,/^$$/s/^  \([a-z]*\) .*/\1/p')
install: $(B)/truc
	install -D -m 755 $(B)/truc '$(DESTDIR)$(PREFIX)/bin/truc'
	for f in $$(find packs -type f 2>/dev/null); do install -D -m 644 "$$f" '$(DESTDIR)$(PREFIX)/share/truc/'"$$f" || exit 1; done
	for f in $(wildcard README.md README.vi.md NEWS LICENSE docs/*.md); do \
		install -D -m 644 "$$f" '$(DESTDIR)$(PREFIX)/share/doc/truc/'"$$f" || exit 1; done

	mkdir -p '$(DESTDIR)$(PREFIX)/share/man/man1' '$(DESTDIR)$(PREFIX)/share/man/vi/man1' \
		'$(DESTDIR)$(PREFIX)/share/bash-completion/completions'
	for c in '' $(MANUALS); do \
		LC_ALL=C $(B)/truc manual $$c >'$(DESTDIR)$(PREFIX)/share/man/man1/truc'$${c:+-$$c}.1 && \
		LC_ALL=vi_VN.UTF-8 $(B)/truc manual $$c >'$(DESTDIR)$(PREFIX)/share/man/vi/man1/truc'$${c:+-$$c}.1 || exit 1; done
	$(B)/truc completion bash >'$(DESTDIR)$(PREFIX)/share/bash-completion/completions/truc'

clean:
	rm -rf build build-asan build-tsan build-fuzz

help:
	@echo 'make                  build/truc and build/libtruc.a'
	@echo 'make check            every test; make check-MODULE those of one module'
	@echo 'make V=asan check     the same under address and undefined sanitizers; V=tsan: threads'
	@echo 'make fuzz T=60        every fuzzer, T seconds each; make fuzz-NAME one of: $(FUZZ_NAMES)'
	@echo 'make bench            benchmarks, each against a peer or a floor'
	@echo 'make tidy             clang-tidy and cppcheck'
	@echo 'make install DESTDIR= PREFIX=/usr'
	@echo 'make clean'

-include $(patsubst src/%.c,$(B)/%.d,$(SOURCES)) $(B)/replay.d $(B)/version.d $(B)/report/page.d \
	$(addsuffix .d,$(BENCHES))
