/* Files: modes are what was asked for under any umask, reads are bounded, a write is all or nothing. */
#include <base/fs.h>
#include <base/mem.h>

#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char *in_temp(void **state, const char *name)
{
    return rbk_path_join(*state, name);
}

static mode_t mode_of(const char *path)
{
    struct stat st;
    assert_int_equal(stat(path, &st), 0);
    return st.st_mode & 07777;
}

static void folders_get_exactly_the_mode(void **state)
{
    const mode_t masks[] = {0, 022, 077, geteuid() ? 0177 : 0777}; /* only root gets by without rights of its own */
    static const mode_t modes[] = {0700, 0755, 02770};
    struct rbk_error err;
    for (size_t i = 0; i < 4; i++) {
        for (size_t j = 0; j < 3; j++) {
            char *top = rbk_asprintf("%s/m%zu%zu", (char *)*state, i, j);
            char *path = rbk_asprintf("%s/b//c/", top);
            mode_t old = umask(masks[i]);
            int rc = rbk_mkdirs(path, modes[j], &err);
            umask(old);
            if (rc != RBK_OK)
                fail_msg("%s", err.message);
            assert_int_equal(mode_of(top), modes[j]);
            assert_int_equal(mode_of(path), modes[j]);
            assert_int_equal(rbk_mkdirs(path, 0711, &err), RBK_OK); /* it is there: left alone */
            assert_int_equal(mode_of(path), modes[j]);
            free(path);
            free(top);
        }
    }
}

static void a_file_in_the_way_is_named(void **state)
{
    struct rbk_error err;
    char *file = in_temp(state, "file");
    assert_int_equal(rbk_file_write_atomic(file, "x", 1, 0600, &err), RBK_OK);
    char *below = rbk_path_join(file, "sub");
    assert_int_equal(rbk_mkdirs(below, 0700, &err), RBK_ESTORE);
    assert_non_null(strstr(err.message, file));
    assert_non_null(strstr(err.message, "Not a directory"));
    assert_int_equal(rbk_mkdirs("", 0700, &err), RBK_EINVAL);
    free(below);
    free(file);
}

static void a_write_replaces_the_whole_file_with_the_mode(void **state)
{
    struct rbk_error err;
    struct rbk_buf b = {0};
    char *path = in_temp(state, "data");
    assert_int_equal(rbk_file_write_atomic(path, "a longer first text", 19, 0644, &err), RBK_OK);
    mode_t old = umask(0);
    assert_int_equal(rbk_file_write_atomic(path, "short", 5, 0600, &err), RBK_OK);
    umask(old);
    assert_int_equal(mode_of(path), 0600);
    assert_int_equal(rbk_file_read(path, 100, &b, &err), RBK_OK);
    assert_string_equal(b.data, "short");
    rbk_buf_fini(&b);
    free(path);
}

static void a_failed_write_leaves_nothing_behind(void **state)
{
    struct rbk_error err;
    char *folder = in_temp(state, "taken"), *inside = in_temp(state, "taken/x");
    assert_int_equal(rbk_mkdirs(inside, 0700, &err), RBK_OK);
    assert_int_equal(rbk_file_write_atomic(folder, "x", 1, 0600, &err), RBK_ESTORE);
    char *command = rbk_asprintf("test -z \"$(ls '%s' | grep 'taken\\.')\"", (char *)*state);
    assert_int_equal(system(command), 0);
    assert_int_equal(rbk_file_write_atomic("/nonexistent/x", "x", 1, 0600, &err), RBK_ESTORE);
    free(command);
    free(inside);
    free(folder);
}

static void reads_are_bounded_and_of_regular_files(void **state)
{
    struct rbk_error err;
    struct rbk_buf b = {0};
    rbk_buf_puts(&b, "before ");
    char *path = in_temp(state, "ten"), *fifo = in_temp(state, "fifo");
    assert_int_equal(rbk_file_write_atomic(path, "0123456789", 10, 0600, &err), RBK_OK);
    assert_int_equal(rbk_file_read(path, 9, &b, &err), RBK_EINVAL);
    assert_string_equal(b.data, "before ");
    assert_int_equal(rbk_file_read(path, 10, &b, &err), RBK_OK);
    assert_string_equal(b.data, "before 0123456789");
    assert_int_equal(rbk_file_read("/proc/self/status", 3, &b, &err), RBK_EINVAL); /* says it has no size */
    assert_int_equal(mkfifo(fifo, 0600), 0);
    assert_int_equal(rbk_file_read(fifo, 10, &b, &err), RBK_EINVAL);
    assert_int_equal(rbk_file_read(*state, 10, &b, &err), RBK_EINVAL);
    assert_int_equal(rbk_file_read("/nonexistent", 10, &b, &err), RBK_ENOENT);
    assert_string_equal(b.data, "before 0123456789");
    rbk_buf_fini(&b);
    free(fifo);
    free(path);
}

static void paths_are_joined_with_one_slash(void **state)
{
    (void)state;
    static const char *const cases[][3] = {{"a", "b", "a/b"}, {"a/", "b", "a/b"}, {"/", "b", "/b"},
                                           {"a", "/b", "/b"}, {"", "b", "b"},     {"a//", "b/c", "a/b/c"}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *path = rbk_path_join(cases[i][0], cases[i][1]);
        assert_string_equal(path, cases[i][2]);
        free(path);
    }
}

static void the_project_is_found_from_below(void **state)
{
    static const char *const names[] = {"runbook.yaml", ".runbook.yaml", NULL};
    struct rbk_error err;
    char *deep = in_temp(state, "p/q/r"), *root = in_temp(state, "p"), *file = in_temp(state, "p/.runbook.yaml");
    assert_int_equal(rbk_mkdirs(deep, 0700, &err), RBK_OK);
    assert_int_equal(rbk_file_write_atomic(file, "", 0, 0600, &err), RBK_OK);
    const char *found = NULL;
    char *folder = rbk_find_upwards(deep, names, &found);
    char *real = realpath(root, NULL);
    assert_string_equal(folder, real);
    assert_string_equal(found, ".runbook.yaml");
    static const char *const nothing[] = {"no file has this name", NULL};
    assert_null(rbk_find_upwards(deep, nothing, NULL));
    assert_null(rbk_find_upwards("/nonexistent", names, NULL));
    free(real);
    free(folder);
    free(file);
    free(root);
    free(deep);
}

static void programs_are_found_as_execvp_does(void **state)
{
    struct rbk_error err;
    char *program = in_temp(state, "prog"), *plain = in_temp(state, "plain");
    assert_int_equal(rbk_file_write_atomic(program, "#!/bin/sh\n", 10, 0755, &err), RBK_OK);
    assert_int_equal(rbk_file_write_atomic(plain, "", 0, 0644, &err), RBK_OK);
    char *list = rbk_asprintf("/nonexistent:%s:/bin", (char *)*state);
    char *found = rbk_find_program("prog", list);
    assert_string_equal(found, program);
    free(found);
    found = rbk_find_program(program, NULL);
    assert_string_equal(found, program);
    free(found);
    found = rbk_find_program("sh", NULL);
    assert_non_null(found);
    free(found);
    assert_null(rbk_find_program("plain", list));
    assert_null(rbk_find_program("", list));
    assert_null(rbk_find_program("no-such-program-anywhere", NULL));
    free(list);
    free(plain);
    free(program);
}

static int make_temp(void **state)
{
    char *path = rbk_strdup("/tmp/rbk-fs-XXXXXX");
    *state = mkdtemp(path);
    return *state ? 0 : -1;
}

static int remove_temp(void **state)
{
    char *command = rbk_asprintf("chmod -R u+rwx '%s' && rm -rf '%s'", (char *)*state, (char *)*state);
    int rc = system(command);
    free(command);
    free(*state);
    return rc;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(folders_get_exactly_the_mode),
        cmocka_unit_test(a_file_in_the_way_is_named),
        cmocka_unit_test(a_write_replaces_the_whole_file_with_the_mode),
        cmocka_unit_test(a_failed_write_leaves_nothing_behind),
        cmocka_unit_test(reads_are_bounded_and_of_regular_files),
        cmocka_unit_test(paths_are_joined_with_one_slash),
        cmocka_unit_test(the_project_is_found_from_below),
        cmocka_unit_test(programs_are_found_as_execvp_does),
    };
    return cmocka_run_group_tests(tests, make_temp, remove_temp);
}
