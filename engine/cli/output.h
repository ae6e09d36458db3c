/* The standard descriptors: in place before anything is opened, written to as a whole, and whatever could not be
 * written told once, at the end. */
#ifndef RBK_CLI_OUTPUT_H
#define RBK_CLI_OUTPUT_H

#include <stddef.h>

/* Fills the places of standard descriptors that the caller closed: what is opened next must not become stdout, or what
 * is printed would be written into the state. They refuse what they are asked, as closed ones do. */
void rbk_output_open(void);
/* Writes all of it, waiting where the descriptor does not. Returns 0 or errno. */
int rbk_output_write(int fd, const char *data, size_t len);
/* Says on stderr that the output is not whole, and returns 5; of 0, and of a reader that went away (EPIPE: it knows),
 * nothing is said, and 0 returned. */
int rbk_output_tell(int number);
/* Ends the printing. `lost` is errno of a write that failed before, or 0. Returns `status`, or 5 where a success could
 * not be printed. */
int rbk_output_finish(int lost, int status);

#endif
