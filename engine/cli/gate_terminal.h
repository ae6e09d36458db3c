/* A person at the terminal: asks the questions of a run on stderr and reads the answers from stdin, a line at a time,
 * while the loop goes on (parallel steps keep running, Ctrl-C still works). Ctrl-D leaves: the run then waits. */
#ifndef RBK_CLI_GATE_TERMINAL_H
#define RBK_CLI_GATE_TERMINAL_H

#include <cli/run_view.h>

struct rbk_gate_terminal;
struct rbk_gate_terminal *rbk_gate_terminal_new(struct rbk_cli *cli, struct rbk_run_view *view);
void rbk_gate_terminal_free(struct rbk_gate_terminal *g);
extern const struct rbk_gate_ops rbk_gate_terminal_ops; /* self: the rbk_gate_terminal */

#endif
