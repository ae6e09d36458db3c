/* What the tests of plans share: plans built by hand as the loader builds them, and judging them by their exact words.
 */
#ifndef PLAN_FIXTURE_H
#define PLAN_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <base/mem.h>
#include <cmocka.h>
#include <run/check.h>
#include <run/plan.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
/* ---- building -------------------------------------------------------------------------------------------------- */

static inline struct rbk_plan *plan_new(void)
{
    struct rbk_plan *p = rbk_plan_new("incident/example", "r.lua");
    p->title = rbk_strdup("Example");
    return p;
}

static inline struct rbk_node *step_bare(struct rbk_plan *p, const char *title, int line)
{
    struct rbk_node *n = rbk_node_new(title, line);
    rbk_plan_add(p, n);
    return n;
}

static inline void body_shell(struct rbk_body *b, const char *text)
{
    b->kind = RBK_BODY_SHELL;
    b->text = rbk_strdup(text);
}

static inline struct rbk_node *step_shell(struct rbk_plan *p, const char *title, int line, const char *text)
{
    struct rbk_node *n = step_bare(p, title, line);
    body_shell(&n->run, text);
    return n;
}

static inline struct rbk_node *step_argv(struct rbk_plan *p, const char *title, int line, const char *program,
                                         const char *arg)
{
    struct rbk_node *n = step_bare(p, title, line);
    n->run.kind = RBK_BODY_ARGV;
    rbk_strv_add(&n->run.argv, program);
    if (arg)
        rbk_strv_add(&n->run.argv, arg);
    return n;
}

static inline struct rbk_node *step_call(struct rbk_plan *p, const char *title, int line, const char *id)
{
    struct rbk_node *n = step_bare(p, title, line);
    n->call = rbk_strdup(id);
    return n;
}

static inline struct rbk_node *group_of(struct rbk_plan *p, const char *title, int line)
{
    struct rbk_node *n = step_bare(p, title, line);
    n->is_parallel = true;
    return n;
}

static inline struct rbk_expr *expr(const char *text, int line)
{
    struct rbk_expr *e = NULL;
    assert_int_equal(rbk_expr_parse(text, "r.lua", line, &e, NULL), 0);
    return e;
}

static inline void check_add(struct rbk_node *n, const char *text)
{
    n->checks = rbk_realloc(n->checks, n->check_count + 1, sizeof *n->checks);
    n->checks[n->check_count++] = expr(text, n->line);
}

static inline void capture_add(struct rbk_node *n, const char *name)
{
    n->captures = rbk_realloc(n->captures, n->capture_count + 1, sizeof *n->captures);
    n->captures[n->capture_count++] = (struct rbk_capture){rbk_strdup(name), rbk_strdup("%d+")};
}

static inline void ask_add(struct rbk_node *n, const char *name)
{
    n->ask = rbk_realloc(n->ask, n->ask_count + 1, sizeof *n->ask);
    n->ask[n->ask_count++] = (struct rbk_param){.name = rbk_strdup(name)};
}

static inline struct rbk_param *param_add(struct rbk_plan *p, const char *name, enum rbk_param_type type, int line)
{
    p->params = rbk_realloc(p->params, p->param_count + 1, sizeof *p->params);
    p->params[p->param_count] = (struct rbk_param){.name = rbk_strdup(name), .type = type, .line = line};
    return &p->params[p->param_count++];
}

/* ---- judging --------------------------------------------------------------------------------------------------- */

static inline void assert_sound(struct rbk_plan *p)
{
    struct rbk_error err = {0};
    if (rbk_plan_validate(p, &err) != 0)
        fail_msg("%s:%d: %s", err.file, err.line, err.message);
    rbk_plan_free(p);
}

/* The first error, as "file:line: message" with the hint on the next line. */
static inline void assert_wrong(struct rbk_plan *p, const char *expected)
{
    struct rbk_error err = {0};
    char text[1024];
    assert_int_equal(rbk_plan_validate(p, &err), RBK_EINVAL);
    rbk_error_format(&err, text, sizeof text);
    assert_string_equal(text, expected);
    rbk_plan_free(p);
}

static inline void problem_add(void *arg, const char *severity, const struct rbk_error *e)
{
    char text[1024];
    rbk_error_format(e, text, sizeof text);
    rbk_buf_printf(arg, "%s %s\n", severity, text);
}

static inline void assert_problems(struct rbk_plan *p, const struct rbk_check_options *o, const char *expected)
{
    static const struct rbk_check_options none = {0};
    struct rbk_buf told = {0};
    rbk_plan_check(p, o ? o : &none, problem_add, &told);
    assert_string_equal(told.data ? told.data : "", expected);
    rbk_buf_fini(&told);
    rbk_plan_free(p);
}

#endif
