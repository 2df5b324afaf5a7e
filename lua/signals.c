/* signals: a script that ends by itself when it is told to. */
#include "lua/bind.h"

#include <signal.h>

/* A handler can be told neither which state runs nor which loop. */
static struct loop *loop;
static volatile sig_atomic_t signalled;

/* The second signal, which means that the first one did not help, ends the
 * program. */
static void
on_signal(int sig)
{
	struct sigaction dfl = {.sa_handler = SIG_DFL};

	sigaction(sig, &dfl, NULL);
	signalled = sig;
	loop_interrupt(loop);
}

/*
 * catch_signals(): until the script is over, SIGINT and SIGTERM raise and end
 * nothing; they end a turn of the loop, and signalled() tells.
 */
int
bind_catch_signals(lua_State *L)
{
	struct sigaction sa = {.sa_handler = on_signal};

	loop = script_of(L)->loop;
	signalled = 0;
	sigaction(SIGINT, &sa, NULL);
	sigaction(SIGTERM, &sa, NULL);
	return 0;
}

/* signalled(): "INT" or "TERM", whichever came last, or nil. */
int
bind_signalled(lua_State *L)
{
	if (signalled == 0)
		lua_pushnil(L);
	else
		lua_pushstring(L, signalled == SIGINT ? "INT" : "TERM");
	return 1;
}
