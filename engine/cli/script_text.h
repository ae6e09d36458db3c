/* A shell text as it is shown. */
#ifndef RBK_CLI_SCRIPT_TEXT_H
#define RBK_CLI_SCRIPT_TEXT_H

/* The script without the indentation that all its lines share, nor the blanks around it. Heap. */
char *rbk_script_text(const char *text);

#endif
