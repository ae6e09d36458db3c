/* What libyaml found wrong, in words for people. */
#ifndef RBK_CONFIG_YAML_ERROR_H
#define RBK_CONFIG_YAML_ERROR_H

#include <runbook/error.h>
#include <stddef.h>
#include <yaml.h>

/* Fills `err` from a parser that has failed on text[0..len). Returns RBK_EINVAL. */
int config_yaml_error(const yaml_parser_t *parser, const char *file, const char *text, size_t len,
                      struct rbk_error *err);

#endif
