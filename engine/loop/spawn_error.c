/* Why a program could not be started, in words that say what to do about it. */
#include <base/fs.h>
#include <errno.h>
#include <fcntl.h>
#include <loop/spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int explain_cwd(const struct rbk_spawn_spec *spec, int error, struct rbk_error *err)
{
    const char *why = error == ENOENT    ? "does not exist"
                      : error == ENOTDIR ? "is not a folder"
                      : error == EACCES  ? "may not be entered"
                                         : strerror(error);
    rbk_error_set(err, error == ENOENT ? RBK_ENOENT : RBK_EINVAL, "cannot start '%s': its working folder '%s' %s",
                  spec->argv[0], spec->cwd, why);
    return rbk_error_hint(err, "correct 'cwd', or make the folder in a step before this one");
}

/* The path as seen from here: a relative one counts from the child's folder. */
static char *path_from_here(const struct rbk_spawn_spec *spec, const char *path)
{
    return rbk_path_join(spec->cwd ? spec->cwd : ".", path);
}

/* Copies the interpreter that a script's first line names. */
static bool script_interpreter(const char *path, char *out, size_t size)
{
    char line[256] = "";
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    ssize_t got = fd < 0 ? -1 : read(fd, line, sizeof line - 1);
    if (fd >= 0)
        close(fd);
    if (got < 3 || line[0] != '#' || line[1] != '!')
        return false;
    char *name = line + 2 + strspn(line + 2, " \t");
    name[strcspn(name, " \t\r\n")] = '\0';
    size_t len = strlen(name) < size ? strlen(name) : size - 1;
    memcpy(out, name, len);
    out[len] = '\0';
    return len > 0;
}

/* ENOENT for a file that is there: what is missing is its interpreter or its loader. */
static int explain_interpreter(const char *name, const char *path, struct rbk_error *err)
{
    char interpreter[256];
    if (script_interpreter(path, interpreter, sizeof interpreter)) {
        rbk_error_set(err, RBK_EINVAL, "cannot start '%s': its interpreter '%s' does not exist", name, interpreter);
        return rbk_error_hint(err, "correct the first line of %s (a line end of \\r\\n also does this)", path);
    }
    rbk_error_set(err, RBK_EINVAL, "cannot start '%s': the loader that it needs is not installed", name);
    return rbk_error_hint(err, "it is built for another system; 'file %s' says for which", path);
}

static int explain_missing(const struct rbk_spawn_spec *spec, struct rbk_error *err)
{
    const char *name = spec->argv[0];
    if (!strchr(name, '/')) {
        rbk_error_set(err, RBK_ENOENT, "cannot start '%s': no such program on the PATH", name);
        return rbk_error_hint(err, "install it, or write its full path; PATH is %s", rbk_spawn_path(spec->env));
    }
    char *path = path_from_here(spec, name);
    int rc = RBK_ENOENT;
    if (rbk_path_exists(path)) {
        rc = explain_interpreter(name, path, err);
    } else {
        rbk_error_set(err, RBK_ENOENT, "cannot start '%s': no such file", name);
        rbk_error_hint(err, spec->cwd ? "it was looked for from %s" : "it was looked for from here%s",
                       spec->cwd ? spec->cwd : "");
    }
    free(path);
    return rc;
}

static int explain_denied(const struct rbk_spawn_spec *spec, const char *refused, struct rbk_error *err)
{
    char *path = path_from_here(spec, refused);
    if (rbk_path_is_dir(path)) {
        rbk_error_set(err, RBK_EINVAL, "cannot start '%s': it is a folder, not a program", spec->argv[0]);
    } else {
        rbk_error_set(err, RBK_EINVAL, "cannot start '%s': permission denied", spec->argv[0]);
        rbk_error_hint(err, "chmod +x %s (or the file system is mounted noexec)", refused);
    }
    free(path);
    return RBK_EINVAL;
}

static int explain_exec(const struct rbk_spawn_spec *spec, const struct rbk_spawn_failure *failure,
                        struct rbk_error *err)
{
    const char *name = spec->argv[0];
    switch (failure->error) {
    case ENOENT:
        return explain_missing(spec, err);
    case EACCES:
        return explain_denied(spec, failure->path, err);
    case ENOEXEC:
        rbk_error_set(err, RBK_EINVAL, "cannot start '%s': not a program of this system", name);
        return rbk_error_hint(err, "a script needs a first line such as #!/bin/sh in %s", failure->path);
    case E2BIG:
        rbk_error_set(err, RBK_EINVAL, "cannot start '%s': its arguments and environment are too long", name);
        return rbk_error_hint(err, "hand the data over on stdin or in a file");
    case ENOMEM:
    case EAGAIN:
    case EMFILE:
    case ENFILE:
        return rbk_error_set(err, RBK_ESTORE, "cannot start '%s': %s", name, strerror(failure->error));
    default:
        return rbk_error_set(err, RBK_EINVAL, "cannot start '%s': %s: %s", name, failure->path ? failure->path : name,
                             strerror(failure->error));
    }
}

int rbk_spawn_explain(const struct rbk_spawn_spec *spec, const struct rbk_spawn_failure *failure, struct rbk_error *err)
{
    switch (failure->stage) {
    case RBK_STAGE_CWD:
        return explain_cwd(spec, failure->error, err);
    case RBK_STAGE_EXEC:
        return explain_exec(spec, failure, err);
    default:
        return rbk_error_set(err, RBK_ESTORE, "cannot start '%s': setting it up failed: %s", spec->argv[0],
                             strerror(failure->error));
    }
}
