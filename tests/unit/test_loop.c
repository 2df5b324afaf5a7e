/* The loop: readiness, deadlines, and callbacks that change what is active. */
#include "net/loop.h"
#include "base/mem.h"

#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <cmocka.h>

/* A socket pair of which the loop watches one end. */
struct end {
	struct watch w;
	int other;
	int calls;
	short got;
	void (*then)(struct end *);
	struct end *victim;
};

static struct loop *loop;

static void
end_ready(struct watch *w, short revents)
{
	struct end *p = CONTAINER_OF(w, struct end, w);

	p->calls++;
	p->got = revents;
	if (p->then != NULL)
		p->then(p);
}

static void
end_open(struct end *p)
{
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	p->w.fd = fds[0];
	p->w.events = POLLIN;
	p->w.ready = end_ready;
	p->other = fds[1];
	loop_watch(loop, &p->w);
}

static void
end_poke(struct end *p)
{
	assert_int_equal(write(p->other, "x", 1), 1);
}

static void
end_close(struct end *p)
{
	loop_unwatch(&p->w);
	close(p->w.fd);
	close(p->other);
}

static int
setup(void **state)
{
	(void)state;
	loop = loop_new();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	assert_false(loop_busy(loop));
	loop_free(loop);
	return 0;
}

static void
test_idle(void **state)
{
	int64_t start = loop_now();

	(void)state;
	assert_int_equal(loop_turn(loop, start + 30), TURN_IDLE);
	assert_true(loop_now() >= start + 30);
	assert_int_equal(loop_turn(loop, 0), TURN_IDLE);
}

static void
test_readable(void **state)
{
	struct end a = {0}, b = {0};

	(void)state;
	end_open(&a);
	end_open(&b);
	assert_true(loop_busy(loop));
	end_poke(&b);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
	assert_int_equal(a.calls, 0);
	assert_int_equal(b.calls, 1);
	assert_int_equal(b.got, POLLIN);
	/* Nobody read it, so it is reported again. */
	assert_int_equal(loop_turn(loop, 0), TURN_WORK);
	assert_int_equal(b.calls, 2);
	b.w.events = 0;
	assert_int_equal(loop_turn(loop, 0), TURN_IDLE);
	b.w.events = POLLOUT;
	assert_int_equal(loop_turn(loop, 0), TURN_WORK);
	assert_int_equal(b.got, POLLOUT);
	end_close(&a);
	end_close(&b);
}

static void
test_hangup(void **state)
{
	struct end a = {0};
	int64_t start;

	(void)state;
	end_open(&a);
	close(a.other);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
	assert_true(a.got & POLLHUP);
	/* A paused watch hears nothing of it: the loop must not spin. */
	a.calls = 0;
	a.w.events = 0;
	start = loop_now();
	assert_int_equal(loop_turn(loop, start + 30), TURN_IDLE);
	assert_true(loop_now() >= start + 30);
	assert_int_equal(a.calls, 0);
	a.other = -1;
	end_close(&a);
}

static void
stop_victim(struct end *p)
{
	loop_unwatch(&p->victim->w);
}

static void
pause_victim(struct end *p)
{
	p->victim->w.events = 0;
}

static void
restart_victim(struct end *p)
{
	loop_unwatch(&p->victim->w);
	loop_watch(loop, &p->victim->w);
}

static void
stop_self(struct end *p)
{
	loop_unwatch(&p->w);
}

/* Both are ready; the first changes the second, which must not be called. */
static void
test_change_in_dispatch(void **state)
{
	void (*const how[])(struct end *) = {
	    stop_victim, pause_victim, restart_victim};

	(void)state;
	for (size_t i = 0; i < sizeof(how) / sizeof(how[0]); i++) {
		struct end a = {0}, b = {0};

		end_open(&a);
		end_open(&b);
		end_poke(&a);
		end_poke(&b);
		shutdown(b.other, SHUT_RDWR); /* POLLHUP, asked for or not */
		a.then = how[i];
		a.victim = &b;
		assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
		assert_int_equal(a.calls, 1);
		assert_int_equal(b.calls, 0);
		end_close(&a);
		end_close(&b);
	}
}

static void
test_stop_self(void **state)
{
	struct end a = {.then = stop_self};

	(void)state;
	end_open(&a);
	end_poke(&a);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
	assert_int_equal(loop_turn(loop, 0), TURN_IDLE);
	assert_int_equal(a.calls, 1);
	end_close(&a);
}

static void
start_victim(struct end *p)
{
	loop_unwatch(&p->w);
	loop_watch(loop, &p->victim->w);
}

static void
test_start_in_dispatch(void **state)
{
	struct end a = {.then = start_victim}, more[40] = {0};

	(void)state;
	end_open(&a);
	for (size_t i = 0; i < 40; i++) {
		end_open(&more[i]);
		loop_unwatch(&more[i].w);
		end_poke(&more[i]);
		more[i].then = start_victim;
		more[i].victim = i + 1 < 40 ? &more[i + 1] : &a;
	}
	a.victim = &more[0];
	end_poke(&a);
	for (size_t i = 0; i <= 40; i++)
		assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
	for (size_t i = 0; i < 40; i++)
		assert_int_equal(more[i].calls, 1);
	for (size_t i = 0; i < 40; i++)
		end_close(&more[i]);
	end_close(&a);
}

static void
nested_turn(struct end *p)
{
	char c;

	p->w.events = 0;
	/* The others are called in here, and lose their bytes. */
	assert_int_equal(loop_turn(loop, 0), TURN_WORK);
	for (p = p->victim; p != NULL; p = p->victim) {
		assert_int_equal(p->calls, 1);
		assert_int_equal(read(p->w.fd, &c, 1), 1);
	}
}

/* What the outer turn knew of b and c is old by then. */
static void
test_nested(void **state)
{
	struct end a = {.then = nested_turn}, b = {0}, c = {0};

	(void)state;
	end_open(&a);
	end_open(&b);
	end_open(&c);
	a.victim = &b;
	b.victim = &c;
	end_poke(&a);
	end_poke(&b);
	end_poke(&c);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
	assert_int_equal(a.calls, 1);
	assert_int_equal(b.calls, 1);
	assert_int_equal(c.calls, 1);
	end_close(&a);
	end_close(&b);
	end_close(&c);
}

/* -- Timers ---------------------------------------------------------------- */

struct alarm {
	struct timer t;
	char name;
	void (*then)(struct alarm *);
	struct alarm *victim;
};

static char fired[32];

static void
alarm_fire(struct timer *t)
{
	struct alarm *a = CONTAINER_OF(t, struct alarm, t);
	size_t n = strlen(fired);

	assert_null(t->loop);
	assert_true(loop_now() >= t->due);
	fired[n] = a->name;
	fired[n + 1] = '\0';
	if (a->then != NULL)
		a->then(a);
}

#define ALARM(c)                                                               \
	{                                                                      \
		.t = {.fire = alarm_fire}, .name = (c)                         \
	}

static void
test_timer_order(void **state)
{
	struct alarm a = ALARM('a'), b = ALARM('b'), c = ALARM('c'),
		     d = ALARM('d');
	int64_t now = loop_now();

	(void)state;
	fired[0] = '\0';
	loop_timer(loop, &c.t, now + 20);
	loop_timer(loop, &a.t, now - 5);
	loop_timer(loop, &d.t, now + 20); /* equal: in order of starting */
	loop_timer(loop, &b.t, now + 90);
	loop_timer(loop, &b.t, now + 10); /* moved */
	assert_true(loop_busy(loop));
	assert_int_equal(loop_turn(loop, now + 1000), TURN_WORK);
	assert_string_equal(fired, "a");
	while (loop_busy(loop))
		loop_turn(loop, now + 1000);
	assert_string_equal(fired, "abcd");
	assert_true(loop_now() < now + 1000);
}

static void
stop_victim_alarm(struct alarm *a)
{
	loop_untimer(&a->victim->t);
}

static void
again(struct alarm *a)
{
	loop_timer(loop, &a->t, 0);
}

static void
turn_within(struct alarm *a)
{
	(void)a;
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
}

static void
test_timer_change(void **state)
{
	struct alarm a = ALARM('a'), b = ALARM('b');

	(void)state;
	/* Both are due; the first stops the second. */
	fired[0] = '\0';
	a.then = stop_victim_alarm;
	a.victim = &b;
	loop_timer(loop, &a.t, 0);
	loop_timer(loop, &b.t, 0);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
	assert_string_equal(fired, "a");
	assert_false(loop_busy(loop));
	/* One that starts itself again for now fires once a turn. */
	a.then = again;
	loop_timer(loop, &a.t, 0);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
	assert_string_equal(fired, "aaa");
	loop_untimer(&a.t);
	/* A turn within the first fires the second, once. */
	fired[0] = '\0';
	a.then = turn_within;
	loop_timer(loop, &a.t, 0);
	loop_timer(loop, &b.t, 0);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
	assert_string_equal(fired, "ab");
}

static void
test_deadline_before_timer(void **state)
{
	struct alarm a = ALARM('a');

	(void)state;
	fired[0] = '\0';
	loop_timer(loop, &a.t, loop_now() + 60000);
	assert_int_equal(loop_turn(loop, loop_now() + 10), TURN_IDLE);
	assert_string_equal(fired, "");
	loop_untimer(&a.t);
	loop_timer(loop, &a.t, LOOP_NEVER);
	assert_int_equal(loop_turn(loop, 0), TURN_IDLE);
	loop_untimer(&a.t);
}

/* -- Interrupts ------------------------------------------------------------ */

static void
on_alarm(int sig)
{
	(void)sig;
	loop_interrupt(loop);
}

static void
on_alarm_only(int sig)
{
	(void)sig;
}

static void
alarm_in_20ms(void (*handler)(int))
{
	const struct itimerval it = {.it_value = {.tv_usec = 20000}};
	const struct sigaction sa = {.sa_handler = handler};

	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &it, NULL), 0);
}

static void
test_interrupt(void **state)
{
	struct end a = {0};

	(void)state;
	alarm_in_20ms(on_alarm);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_STOP);
	assert_int_equal(loop_turn(loop, 0), TURN_IDLE);
	/* Before the turn, and more often than the pipe has room for. */
	for (int i = 0; i < 100000; i++)
		loop_interrupt(loop);
	end_open(&a);
	end_poke(&a);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_STOP);
	assert_int_equal(a.calls, 0);
	assert_int_equal(loop_turn(loop, LOOP_NEVER), TURN_WORK);
	assert_int_equal(a.calls, 1);
	end_close(&a);
}

/* A signal that means nothing to the loop does not cut the wait short. */
static void
test_eintr(void **state)
{
	int64_t start = loop_now();

	(void)state;
	alarm_in_20ms(on_alarm_only);
	assert_int_equal(loop_turn(loop, start + 60), TURN_IDLE);
	assert_true(loop_now() >= start + 60);
}

static void
test_idempotent(void **state)
{
	struct end a = {0};

	(void)state;
	end_open(&a);
	loop_watch(loop, &a.w);
	loop_unwatch(&a.w);
	loop_unwatch(&a.w);
	assert_false(loop_busy(loop));
	end_close(&a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_idle, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_readable, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hangup, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_change_in_dispatch, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_stop_self, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_start_in_dispatch, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_nested, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_timer_order, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_timer_change, setup, teardown),
	    cmocka_unit_test_setup_teardown(
		test_deadline_before_timer, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_interrupt, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_eintr, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_idempotent, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
