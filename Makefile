# postel: one Makefile for everything.
#
#   make [VARIANT=release|debug|asan|cov]   the program, in build/VARIANT/
#   make check [KIND=unit,wire]             all tests, or some kinds of them
#   make lint format fuzz bench demo update-po install uninstall dist clean help
#
# WERROR=1 (or CI in the environment) makes warnings errors.  NO_DEPS=1 names
# missing Debian packages and installs none.  CONTRIBUTING.md says more.

VERSION = 0.1
VARIANT ?= release
B ?= build/$(VARIANT)
PREFIX ?= /usr/local
FUZZ_SECONDS ?= 60

ifeq ($(filter -j% --jobserver%,$(MAKEFLAGS)),)
MAKEFLAGS += -j2
endif
# V=1 shows the commands instead of one word and a name for each.
say = $(if $(V),,@printf '%-5s %s\n' '$(1)' $(2);)
.DELETE_ON_ERROR:
.SECONDARY:
.PHONY: all check lint format fuzz bench demo update-po install uninstall dist clean help FORCE
all:

# -- What is needed of the system --------------------------------------------
# build/config/GROUPS.mk holds the pkg-config flags.  It is included, so make
# makes it before all else, and anew when packages came or went since.

GROUPS = build
GROUPS += $(if $(filter check,$(MAKECMDGOALS)),tests)
GROUPS += $(if $(filter lint,$(MAKECMDGOALS)),lint)
GROUPS += $(if $(filter fuzz,$(MAKECMDGOALS)),fuzz)
GROUPS += $(if $(filter bench,$(MAKECMDGOALS)),tests bench)
GROUPS := $(sort $(GROUPS))
empty :=
CONFIG := build/config/$(subst $(empty) ,+,$(GROUPS)$(NO_DEPS:%= no-deps)).mk
PKGS = gmime-3.0 lua5.4 libssl libcrypto libgsasl libidn2 zlib readline

# Servers for tests are unpacked below build/, and may have been deleted.
ifneq ($(filter tests,$(GROUPS)),)
SERVERS_GONE := $(if $(NO_DEPS)$(wildcard build/servers/exim4),,FORCE)
endif
$(CONFIG): tools/deps Makefile $(wildcard /var/lib/dpkg/status) $(SERVERS_GONE)
	@mkdir -p $(@D)
	@tools/deps $(GROUPS)
	@cflags=$$(pkg-config --cflags $(PKGS)) && \
	 libs=$$(pkg-config --libs $(PKGS)) && \
	 printf 'PKG_CFLAGS = %s\nPKG_LIBS = %s\n' "$$cflags" "$$libs" >$@

NO_CONFIG = clean format uninstall dist help
ifneq ($(or $(filter-out $(NO_CONFIG),$(MAKECMDGOALS)),$(if $(MAKECMDGOALS),,all)),)
include $(CONFIG)
endif

# -- Flags -------------------------------------------------------------------

WARN = -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wvla -Wswitch-enum \
	-Wformat=2 -Wmissing-prototypes -Wstrict-prototypes
ifneq ($(CI)$(filter-out 0,$(WERROR)),)
WARN += -Werror
endif
SANITIZE = -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer

VFLAGS_release = -O2 -g -D_FORTIFY_SOURCE=2 -fstack-protector-strong
VFLAGS_debug = -O0 -g3
VFLAGS_asan = -O1 -g $(SANITIZE)
VFLAGS_cov = -O0 -g --coverage
VFLAGS_fuzz = -O1 -g $(SANITIZE) -fsanitize=fuzzer-no-link
ifeq ($(VARIANT),fuzz)
CC = clang
endif
ifndef VFLAGS_$(VARIANT)
$(error VARIANT is release, debug, asan or cov, not $(VARIANT))
endif
VFLAGS := $(VFLAGS_$(VARIANT))

CPPFLAGS += -I. -D_GNU_SOURCE -DPOSTEL_VERSION='"$(VERSION)"'
ALL_CFLAGS = -std=c11 $(WARN) $(VFLAGS) $(PKG_CFLAGS) $(CFLAGS)
LINK = $(CC) $(VFLAGS) $(CFLAGS) $(LDFLAGS) -Wl,--as-needed
LIBS = $(PKG_LIBS) -lresolv -lcrypt $(LDLIBS)
# The sanitizers have a crypt_r of their own, which hides that it needs this.
ifneq ($(findstring -fsanitize,$(VFLAGS)),)
LIBS += -Wl,--no-as-needed -lcrypt
endif
COMPILE = $(CC) $(CPPFLAGS) $(ALL_CFLAGS)

# -- The sources: what lies in a folder is built ------------------------------

LAYERS = base net wire store proto lua
LIB_C := $(wildcard $(LAYERS:%=%/*.c))
SHELL_C := $(wildcard shell/*.c)
SERVER_MAIN_C := $(wildcard server/main.c)
SERVER_C := $(filter-out $(SERVER_MAIN_C),$(wildcard server/*.c))
UNIT_C := $(wildcard tests/unit/test_*.c)
UNIT_HELP_C := $(filter-out $(UNIT_C),$(wildcard tests/unit/*.c))
WIRE_C := $(wildcard tests/wire/*.c)
FUZZ_C := $(wildcard tests/fuzz/fuzz_*.c)
COST_C := $(wildcard tests/cost/*.c)
BENCH_C := $(wildcard bench/*.c)
TOOLS_C := $(wildcard tools/*.c)
ALL_C := $(LIB_C) $(SHELL_C) $(SERVER_MAIN_C) $(SERVER_C) $(UNIT_C) $(UNIT_HELP_C) $(WIRE_C) \
	$(wildcard tests/fuzz/*.c) $(COST_C) $(BENCH_C) $(TOOLS_C)
LUA_FILES := $(wildcard lua/postel/*.lua scripts/*.lua)

obj = $(patsubst %.c,$(B)/%.o,$(1))
LIB := $(B)/libpostel.a
LIB_O := $(call obj,$(LIB_C)) $(B)/gen/embedded.o
SERVER_LIB := $(B)/libposteld.a
PROGRAMS := $(B)/postel $(B)/posteld
UNIT := $(UNIT_C:%.c=$(B)/%)
WIRE := $(if $(WIRE_C),$(B)/tests/wire-run)
FUZZERS := $(FUZZ_C:%.c=$(B)/%)
COSTS := $(COST_C:%.c=$(B)/%)
BENCHES := $(BENCH_C:%.c=$(B)/%)

# The completion of shells, where Debian's packages have theirs.
COMPLETIONS = $(B)/completions/postel $(B)/completions/_postel \
	$(B)/completions/postel.fish

# Translations: po/fr.po becomes locale/fr/LC_MESSAGES/postel.mo.
LANGUAGES := $(patsubst po/%.po,%,$(wildcard po/*.po))
mo = $(LANGUAGES:%=$(1)/%/LC_MESSAGES/postel.mo)

# What stands above the functions, as a manual page.
LUA_MANUAL := $(B)/postel-lua.7
LUA_MANUAL_FROM := $(wildcard lua/*.c lua/postel/*.lua)

all: $(LIB) $(PROGRAMS) $(COMPLETIONS) $(LUA_MANUAL) $(call mo,$(B)/locale) compile_commands.json

# A list of names that changes only when the names do, so that a file that
# went away is noticed.
define list
$(1): FORCE
	@mkdir -p $$(@D)
	@echo '$(2)' | cmp -s - $$@ || echo '$(2)' >$$@
endef
$(eval $(call list,$(B)/lib.list,$(sort $(LIB_C))))
$(eval $(call list,$(B)/server.list,$(sort $(SERVER_C))))
$(eval $(call list,$(B)/lua.list,$(LUA_FILES)))
$(eval $(call list,$(B)/all.list,$(sort $(ALL_C))))
$(eval $(call list,$(B)/flags.list,$(subst ','\'',$(COMPILE))))

# -- How things are made -----------------------------------------------------

$(B)/%.o: %.c $(B)/flags.list
	@mkdir -p $(@D)
	$(call say,CC,$<)$(COMPILE) -MMD -MP -c -o $@ $<

$(B)/gen/%.o: $(B)/gen/%.c $(B)/flags.list
	$(call say,CC,$<)$(COMPILE) -MMD -MP -c -o $@ $<

$(LIB): $(LIB_O) $(B)/lib.list
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $(LIB_O)

$(SERVER_LIB): $(call obj,$(SERVER_C)) $(B)/server.list
	@rm -f $@
	$(call say,AR,$@)$(AR) rcs $@ $(call obj,$(SERVER_C))

$(B)/postel: $(call obj,$(SHELL_C)) $(LIB)
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(LIBS)

$(B)/posteld: $(call obj,$(SERVER_MAIN_C)) $(SERVER_LIB) $(LIB)
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(LIBS)

$(UNIT): $(B)/%: $(B)/%.o $(call obj,$(UNIT_HELP_C)) $(SERVER_LIB) $(LIB)
	$(call say,LINK,$@)$(LINK) -o $@ $^ -lcmocka $(LIBS)

$(B)/tests/wire-run: $(call obj,$(WIRE_C)) $(LIB)
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(LIBS)

# With gcc a fuzz target replays its corpus; VARIANT=fuzz is libFuzzer.
ifeq ($(VARIANT),fuzz)
$(FUZZERS): $(B)/%: $(B)/%.o $(SERVER_LIB) $(LIB)
	$(call say,LINK,$@)$(LINK) -fsanitize=fuzzer -o $@ $^ $(LIBS)
else
$(FUZZERS): $(B)/%: $(B)/%.o $(B)/tests/fuzz/replay.o $(SERVER_LIB) $(LIB)
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(LIBS)
endif

$(COSTS) $(BENCHES): $(B)/%: $(B)/%.o $(LIB)
	$(call say,LINK,$@)$(LINK) -o $@ $^ $(LIBS)

# The Lua library and the scripts, as one C table.
$(B)/tools/embed: tools/embed.c
	@mkdir -p $(@D)
	$(call say,CC,$<)$(CC) -std=c11 -D_GNU_SOURCE $(WARN) -O1 $(PKG_CFLAGS) -o $@ $< $(PKG_LIBS)

$(B)/gen/embedded.c: $(LUA_FILES) $(B)/lua.list $(B)/tools/embed
	@mkdir -p $(@D)
	$(call say,EMBED,$@)$(B)/tools/embed $@ $(LUA_FILES)

$(B)/completions/postel: COMPLETED = bash
$(B)/completions/_postel: COMPLETED = zsh
$(B)/completions/postel.fish: COMPLETED = fish
$(COMPLETIONS): $(B)/postel
	@mkdir -p $(@D)
	$(call say,GEN,$@)$(B)/postel --completion=$(COMPLETED) >$@

$(LUA_MANUAL): tools/manual.lua doc/postel-lua.7.in $(LUA_MANUAL_FROM) $(B)/postel
	$(call say,GEN,$@)$(B)/postel tools/manual.lua doc/postel-lua.7.in \
	    $(LUA_MANUAL_FROM) >$@.tmp
	@mv $@.tmp $@

$(B)/locale/%/LC_MESSAGES/postel.mo: po/%.po
	@mkdir -p $(@D)
	$(call say,MO,$@)msgfmt -o $@ $<

# After texts were added or changed: then translate what is new.
update-po:
	@tools/po update

compile_commands.json: tools/compdb $(B)/all.list $(B)/flags.list
	@tools/compdb $(ALL_C) -- $(COMPILE) >$@

# -- Tests -------------------------------------------------------------------

CHECK_BUILDS = $(PROGRAMS) $(UNIT) $(WIRE) $(FUZZERS) $(COSTS)

check: all $(CHECK_BUILDS)
	@BUILD=$(B) tests/run '$(KIND)'

.PHONY: fuzz-build
fuzz-build: $(FUZZERS)

ifeq ($(VARIANT),fuzz)
fuzz: $(FUZZERS)
	@BUILD=$(B) tools/fuzz $(FUZZ_SECONDS)
else
fuzz:
	@$(MAKE) --no-print-directory VARIANT=fuzz fuzz
endif

lint: compile_commands.json $(B)/gen/embedded.c $(LUA_MANUAL)
	@tools/lint

format:
	@find $(LAYERS) shell server tests tools bench -name '*.[ch]' | \
	    xargs clang-format -i

bench: all $(BENCHES)
	@BUILD=$(B) POSTEL=$(B)/postel bench/run

demo: all
	@BUILD=$(B) tools/demo

# -- Installing --------------------------------------------------------------

BIN = $(DESTDIR)$(PREFIX)/bin
MAN = $(DESTDIR)$(PREFIX)/share/man
LOCALE = $(DESTDIR)$(PREFIX)/share/locale
DOC = $(DESTDIR)$(PREFIX)/share/doc/postel
BASH_COMPLETION = $(DESTDIR)$(PREFIX)/share/bash-completion/completions
FISH_COMPLETION = $(DESTDIR)$(PREFIX)/share/fish/vendor_completions.d
# zsh of Debian looks into both; vendor-completions is for packages.
ZSH_COMPLETION = $(DESTDIR)$(PREFIX)/share/zsh/$(if $(filter /usr,$(PREFIX)),vendor-completions,site-functions)
MAN1 := $(wildcard doc/*.1)
DOCS := $(wildcard README.md LICENSE doc/*.md)
EXAMPLES := $(wildcard examples/*.* examples/*/*.*)

install: all
	install -d $(BIN) $(MAN)/man1 $(MAN)/man7 $(DOC)
	install -m 755 $(PROGRAMS) $(BIN)
	$(if $(MAN1),install -m 644 $(MAN1) $(MAN)/man1)
	install -m 644 $(LUA_MANUAL) $(MAN)/man7
	$(if $(DOCS),install -m 644 $(DOCS) $(DOC))
	install -D -m 644 $(B)/completions/postel $(BASH_COMPLETION)/postel
	install -D -m 644 $(B)/completions/_postel $(ZSH_COMPLETION)/_postel
	install -D -m 644 $(B)/completions/postel.fish $(FISH_COMPLETION)/postel.fish
	@for l in $(LANGUAGES); do install -D -m 644 \
	    $(B)/locale/$$l/LC_MESSAGES/postel.mo \
	    $(LOCALE)/$$l/LC_MESSAGES/postel.mo || exit; done
	@for f in $(EXAMPLES); do install -D -m 644 $$f $(DOC)/$$f || exit; done

uninstall:
	rm -f $(BIN)/postel $(BIN)/posteld
	rm -f $(patsubst doc/%,$(MAN)/man1/%,$(MAN1))
	rm -f $(MAN)/man7/$(notdir $(LUA_MANUAL))
	rm -f $(BASH_COMPLETION)/postel $(ZSH_COMPLETION)/_postel \
	    $(FISH_COMPLETION)/postel.fish
	rm -f $(call mo,$(LOCALE))
	rm -rf $(DOC)

dist:
	@mkdir -p build
	git archive --prefix=postel-$(VERSION)/ -o build/postel-$(VERSION).tar.gz HEAD
	@echo build/postel-$(VERSION).tar.gz

# The unpacked servers stay: they cost a download.
clean:
	rm -rf $(filter-out build/servers,$(wildcard build/*)) compile_commands.json

help:
	@sed -n '/^$$/q;s/^# \{0,1\}//p' Makefile

-include $(patsubst %.c,$(B)/%.d,$(ALL_C))
