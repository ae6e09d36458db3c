/* Splitting a command line into words as a POSIX shell would, without being a shell: quotes and backslashes are
 * honoured, nothing is expanded. */
#ifndef RBK_CONFIG_WORDS_H
#define RBK_CONFIG_WORDS_H

#include <base/str.h>

/* Adds the words of `line`. Returns NULL, or what is wrong with the quoting ("a ' is not closed"). `*special` is the
 * first unquoted character that a shell would act on and this splitter does not, 0 when there is none. */
const char *config_words_split(const char *line, struct rbk_strv *out, char *special);

#endif
