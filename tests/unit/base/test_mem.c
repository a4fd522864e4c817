/* SPDX-License-Identifier: MIT */
/* Allocation that ends the program rather than fail. The ends are looked at from a child process. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/mem.h"

/* Bigger than the address space, but kept from the compiler, which would warn of it. */
static volatile size_t huge = SIZE_MAX / 2 + 2;

static void end_new_array(void)
{
	free(mem_new_array(huge, 2));
}

static void end_resize(void)
{
	free(mem_resize(NULL, huge, 2));
}

static void end_copy(void)
{
	free(mem_copy("x", huge * 2 - 3));
}

/* Whether the call ends its process by SIGABRT, with a sentence on stderr. */
static int aborts(void (*call)(void))
{
	int pipe_ends[2], status;
	char said[128] = "";
	pid_t child;

	assert_int_equal(pipe(pipe_ends), 0);
	child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		const struct rlimit none = {0, 0};

		setrlimit(RLIMIT_CORE, &none);
		signal(SIGABRT, SIG_DFL);
		dup2(pipe_ends[1], STDERR_FILENO);
		call();
		_exit(0);
	}
	close(pipe_ends[1]);
	assert_true(read(pipe_ends[0], said, sizeof(said) - 1) >= 0);
	close(pipe_ends[0]);
	assert_int_equal(waitpid(child, &status, 0), child);
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT && strstr(said, "out of memory") != NULL;
}

static void test_overflow_ends_the_program(void **state)
{
	(void)state;
	assert_true(aborts(end_new_array));
	assert_true(aborts(end_resize));
	assert_true(aborts(end_copy));
}

static void test_new_memory_is_zeroed_even_when_empty(void **state)
{
	unsigned char *bytes = mem_new(1000), *array = mem_new_array(10, 100);
	void *none = mem_new(0), *no_items = mem_new_array(0, 8);

	(void)state;
	for (size_t i = 0; i < 1000; i++)
		assert_int_equal(bytes[i] | array[i], 0);
	assert_non_null(none);
	assert_non_null(no_items);
	free(bytes);
	free(array);
	free(none);
	free(no_items);
}

static void test_resize_keeps_what_was_there(void **state)
{
	int *numbers = mem_resize(NULL, 2, sizeof(*numbers));

	(void)state;
	numbers[0] = 1;
	numbers[1] = 2;
	numbers = mem_resize(numbers, 10000, sizeof(*numbers));
	assert_int_equal(numbers[0] + numbers[1], 3);
	numbers = mem_resize(numbers, 0, sizeof(*numbers));
	assert_non_null(numbers);
	free(numbers);
}

static void test_copies(void **state)
{
	char *bytes = mem_copy("a\0b", 3), *empty = mem_copy(NULL, 0), *text = mem_copy_string("abc");
	char *printed = mem_printf("%s-%05d", "x", 42);

	(void)state;
	assert_memory_equal(bytes, "a\0b\0", 4);
	assert_string_equal(empty, "");
	assert_string_equal(text, "abc");
	assert_null(mem_copy_string(NULL));
	assert_string_equal(printed, "x-00042");
	free(bytes);
	free(empty);
	free(text);
	free(printed);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_overflow_ends_the_program),
	    cmocka_unit_test(test_new_memory_is_zeroed_even_when_empty),
	    cmocka_unit_test(test_resize_keeps_what_was_there),
	    cmocka_unit_test(test_copies),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
