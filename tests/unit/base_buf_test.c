/* Buffers grow, stay terminated, and give their bytes away; running out of memory ends the process with exit 5. */
#include <base/buf.h>
#include <base/mem.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static void a_buffer_is_terminated_after_every_change(void **state)
{
    (void)state;
    struct rbk_buf b = {0};
    for (int i = 0; i < 1000; i++) {
        rbk_buf_putc(&b, 'a');
        assert_int_equal(strlen(b.data), b.len);
        rbk_buf_printf(&b, "%d", i);
        assert_int_equal(strlen(b.data), b.len);
    }
    rbk_buf_consume(&b, b.len - 4);
    assert_string_equal(b.data, "a999");
    rbk_buf_clear(&b);
    assert_string_equal(b.data, "");
    rbk_buf_puts(&b, "kept");
    char *taken = rbk_buf_take(&b);
    assert_string_equal(taken, "kept");
    assert_null(b.data);
    free(taken);
    rbk_buf_fini(&b);
}

static void an_empty_buffer_gives_an_empty_string(void **state)
{
    (void)state;
    struct rbk_buf b = {0};
    rbk_buf_clear(&b);
    rbk_buf_consume(&b, 0);
    char *taken = rbk_buf_take(&b);
    assert_string_equal(taken, "");
    free(taken);
}

static void printing_across_the_end_of_the_room_loses_nothing(void **state)
{
    (void)state;
    for (size_t before = 0; before < 200; before++) {
        struct rbk_buf b = {0};
        for (size_t i = 0; i < before; i++)
            rbk_buf_putc(&b, 'x');
        rbk_buf_printf(&b, "%s-%d", "a word that may not fit", 42);
        assert_string_equal(b.data + before, "a word that may not fit-42");
        rbk_buf_fini(&b);
    }
}

static void bytes_with_nul_are_kept(void **state)
{
    (void)state;
    struct rbk_buf b = {0};
    rbk_buf_append(&b, "a\0b", 3);
    assert_int_equal(b.len, 3);
    assert_memory_equal(b.data, "a\0b", 4);
    rbk_buf_fini(&b);
}

static void running_out_of_memory_is_one_line_and_exit_5(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        rbk_realloc(NULL, SIZE_MAX / 2, 4);
        _exit(0);
    }
    close(ends[1]);
    char line[256] = "";
    ssize_t n = read(ends[0], line, sizeof line - 1);
    close(ends[0]);
    int status = 0;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 5);
    assert_true(n > 0);
    assert_non_null(strstr(line, "out of memory"));
    assert_ptr_equal(strchr(line, '\n'), line + n - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_is_terminated_after_every_change),
        cmocka_unit_test(an_empty_buffer_gives_an_empty_string),
        cmocka_unit_test(printing_across_the_end_of_the_room_loses_nothing),
        cmocka_unit_test(bytes_with_nul_are_kept),
        cmocka_unit_test(running_out_of_memory_is_one_line_and_exit_5),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
