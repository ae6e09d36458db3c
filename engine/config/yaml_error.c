/* libyaml says what it expected; a person wants to know what to change. The hints name the usual slip behind each of
 * its messages. */
#include <config/yaml_error.h>
#include <stdbool.h>
#include <string.h>

/* Where byte `offset` is: for bytes that are no text, the parser knows only that. */
static yaml_mark_t yaml_mark_at(const char *text, size_t len, size_t offset)
{
    yaml_mark_t mark = {.index = offset};
    for (size_t i = 0; i < offset && i < len; i++) {
        mark.column++;
        if (text[i] == '\n') {
            mark.line++;
            mark.column = 0;
        }
    }
    return mark;
}

static const char *yaml_hint(const yaml_parser_t *parser, const char *text, size_t len)
{
    size_t at = parser->problem_mark.index;
    if (at < len && text[at] == '\t') {
        return "indent with spaces, not with tabs";
    }
    if (at > 0 && at <= len && (text[at - 1] == '*' || text[at - 1] == '&')) {
        return "a value that starts with * or & needs quotes";
    }
    if (strstr(parser->problem, "mapping values are not allowed")) {
        return "a value that has \": \" in it needs quotes; else check the indentation of this line";
    }
    if (strstr(parser->problem, "cannot start any token")) {
        return "put the value in quotes";
    }
    return "check the indentation, the brackets and the quotes here and on the line above";
}

int config_yaml_error(const yaml_parser_t *parser, const char *file, const char *text, size_t len,
                      struct rbk_error *err)
{
    bool unreadable = parser->error == YAML_READER_ERROR || !parser->problem;
    yaml_mark_t mark = unreadable ? yaml_mark_at(text, len, parser->problem_offset) : parser->problem_mark;

    rbk_error_set(err, RBK_EINVAL, "this is not valid YAML: %s", parser->problem ? parser->problem : "unreadable");
    rbk_error_at(err, file, (int)mark.line + 1, (int)mark.column + 1);
    return rbk_error_hint(err, "%s", unreadable ? "save the file as UTF-8 text" : yaml_hint(parser, text, len));
}
