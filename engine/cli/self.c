/* See self.h. */
#include <cli/self.h>

#include <stdlib.h>
#include <unistd.h>

int rbk_cli_self(struct rbk_cli *cli, struct rbk_strv *command, struct rbk_error *err)
{
    char exe[4096];
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n < 0)
        return rbk_error_errno(err, RBK_ESTORE, "cannot find the program itself");
    exe[n] = '\0';
    char *state = realpath(rbk_store_dir(cli->store), NULL);
    if (!state)
        return rbk_error_errno(err, RBK_ESTORE, "cannot find the state folder");
    rbk_strv_add(command, exe);
    if (cli->config->file) {
        rbk_strv_add(command, "--project");
        rbk_strv_add(command, cli->config->root);
    }
    rbk_strv_add(command, "--state");
    rbk_strv_take(command, state);
    return 0;
}
