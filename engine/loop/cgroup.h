/* A cgroup of version 2 for one process tree, where the system lets us have one: it kills a tree at once, however it
 * forks, and bounds its memory exactly. Everything else works without. */
#ifndef RBK_LOOP_CGROUP_H
#define RBK_LOOP_CGROUP_H

#include <loop/procfs.h>
#include <stdbool.h>
#include <stdint.h>

struct rbk_cgroup;

/* Makes an empty one; with memory_max > 0 only where memory can be bounded. NULL where there is none to be had. */
struct rbk_cgroup *rbk_cgroup_make(int64_t memory_max);
/* Where it is. Borrowed. */
const char *rbk_cgroup_path(const struct rbk_cgroup *cgroup);
/* Moves processes in; what they fork from then on is born inside. Memory that they have already stays accounted where
 * it was. */
void rbk_cgroup_take_in(struct rbk_cgroup *cgroup, const struct rbk_proclist *processes);
/* Moves processes in, frozen, so that they cannot fork away, and kills everything inside. */
void rbk_cgroup_catch(struct rbk_cgroup *cgroup, const struct rbk_proclist *processes);
void rbk_cgroup_kill(struct rbk_cgroup *cgroup);
/* Whether the kernel killed something inside for its use of memory. */
bool rbk_cgroup_out_of_memory(const struct rbk_cgroup *cgroup);
/* Removes it once it is empty; frees. NULL is accepted. */
void rbk_cgroup_free(struct rbk_cgroup *cgroup);

#endif
