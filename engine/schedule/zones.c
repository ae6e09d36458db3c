/* The cache of zones: each file is read once, under a lock; a zone that was handed out never changes. */
#include <base/fs.h>
#include <base/mem.h>
#include <base/str.h>
#include <ctype.h>
#include <limits.h>
#include <pthread.h>
#include <schedule/zone.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define SYSTEM_DIR "/usr/share/zoneinfo"
enum { FILE_MAX = 256 * 1024, NAME_MAX_LEN = 100 };

struct rbk_zones {
    char *dir;
    pthread_mutex_t lock;
    rbk_zone **zones;
    size_t count, cap;
};

rbk_zones *rbk_zones_new(const char *dir)
{
    rbk_zones *z = rbk_alloc(sizeof *z);
    const char *from_env = getenv("TZDIR");
    z->dir = rbk_strdup(dir ? dir : from_env && *from_env ? from_env : SYSTEM_DIR);
    pthread_mutex_init(&z->lock, NULL);
    return z;
}

void rbk_zones_free(rbk_zones *z)
{
    if (!z)
        return;
    for (size_t i = 0; i < z->count; i++)
        tz_zone_free(z->zones[i]);
    free(z->zones);
    free(z->dir);
    pthread_mutex_destroy(&z->lock);
    free(z);
}

/* Segments of letters, digits, '_', '+' and '-': nothing that could leave the folder. */
static bool name_ok(const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len > NAME_MAX_LEN || name[0] == '/' || name[len - 1] == '/' || strstr(name, "//"))
        return false;
    for (const char *c = name; *c; c++)
        if (!isalnum((unsigned char)*c) && !strchr("_+-/", *c))
            return false;
    return true;
}

static int unknown_zone(const rbk_zones *z, const char *name, struct rbk_error *err)
{
    char *near = tz_names_suggest(z->dir, name);
    rbk_error_set(err, RBK_EINVAL, "there is no time zone \"%.80s\"", name);
    if (near)
        rbk_error_hint(err, "did you mean %s?", near);
    else if (!rbk_path_is_dir(z->dir))
        rbk_error_hint(err, "there are no time zones in %s: install the package tzdata", z->dir);
    else
        rbk_error_hint(err, "write a name below %s, such as Europe/Berlin", z->dir);
    free(near);
    return RBK_EINVAL;
}

static rbk_zone *utc_zone(void)
{
    rbk_zone *zone = rbk_alloc(sizeof *zone);
    zone->name = rbk_strdup("UTC");
    zone->types = rbk_alloc(sizeof *zone->types);
    zone->type_count = 1;
    strcpy(zone->types[0].name, "UTC");
    return zone;
}

static int read_zone(const rbk_zones *z, const char *name, const char *path, rbk_zone **out, struct rbk_error *err)
{
    struct rbk_buf data = {0};
    if (rbk_path_is_dir(path) || rbk_file_read(path, FILE_MAX, &data, err) != 0) {
        rbk_buf_fini(&data);
        return unknown_zone(z, name, err);
    }
    /* Beside the zones lie lists such as zone.tab; they are no zones. */
    bool zone_file = data.len >= 4 && memcmp(data.data, "TZif", 4) == 0;
    int rc = zone_file ? tz_file_parse(name, (const unsigned char *)data.data, data.len, out, err)
                       : unknown_zone(z, name, err);
    rbk_buf_fini(&data);
    return rc;
}

static int load_zone(const rbk_zones *z, const char *name, rbk_zone **out, struct rbk_error *err)
{
    if (strcmp(name, "UTC") == 0) {
        *out = utc_zone();
        return 0;
    }
    if (!name_ok(name))
        return unknown_zone(z, name, err);
    char *path = rbk_path_join(z->dir, name);
    int rc = read_zone(z, name, path, out, err);
    free(path);
    return rc;
}

static rbk_zone *cached(const rbk_zones *z, const char *name)
{
    for (size_t i = 0; i < z->count; i++)
        if (strcmp(z->zones[i]->name, name) == 0)
            return z->zones[i];
    return NULL;
}

static rbk_zone *keep(rbk_zones *z, rbk_zone *zone)
{
    RBK_GROW(z->zones, z->count, z->cap);
    return z->zones[z->count++] = zone;
}

int rbk_zones_get(rbk_zones *z, const char *name, const rbk_zone **out, struct rbk_error *err)
{
    int rc = 0;
    pthread_mutex_lock(&z->lock);
    rbk_zone *zone = cached(z, name);
    if (!zone && (rc = load_zone(z, name, &zone, err)) == 0)
        keep(z, zone);
    pthread_mutex_unlock(&z->lock);
    *out = zone;
    return rc;
}

/* A TZ that is a rule instead of a name, such as "CET-1CEST,M3.5.0,M10.5.0/3". */
static rbk_zone *zone_of_rule(const char *text)
{
    struct tz_rule rule;
    if (!tz_rule_parse(text, strlen(text), &rule))
        return NULL;
    rbk_zone *zone = utc_zone();
    free(zone->name);
    zone->name = rbk_strdup(text);
    zone->types[0] = rule.std;
    zone->rule = rule;
    return zone;
}

static int zone_of_tz(rbk_zones *z, const char *tz, const rbk_zone **out, struct rbk_error *err)
{
    const char *name = tz + (tz[0] == ':');
    int rc = rbk_zones_get(z, *name ? name : "UTC", out, err);
    rbk_zone *rule = rc < 0 ? zone_of_rule(name) : NULL;
    if (!rule)
        return rc;
    pthread_mutex_lock(&z->lock);
    *out = keep(z, rule);
    pthread_mutex_unlock(&z->lock);
    return 0;
}

/* /etc/localtime is a file of its own on some machines; then the zone has no better name. */
static int zone_of_file(rbk_zones *z, const rbk_zone **out, struct rbk_error *err)
{
    int rc = 0;
    pthread_mutex_lock(&z->lock);
    rbk_zone *zone = cached(z, "localtime");
    if (!zone && (rc = read_zone(z, "localtime", "/etc/localtime", &zone, err)) == 0)
        keep(z, zone);
    pthread_mutex_unlock(&z->lock);
    *out = zone;
    return rc;
}

int rbk_zones_local(rbk_zones *z, const rbk_zone **out, struct rbk_error *err)
{
    char real[PATH_MAX];
    const char *tz = getenv("TZ");
    if (tz)
        return zone_of_tz(z, tz, out, err);
    const char *below = realpath("/etc/localtime", real) ? strstr(real, "/zoneinfo/") : NULL;
    if (below && rbk_zones_get(z, below + strlen("/zoneinfo/"), out, NULL) == 0)
        return 0;
    return rbk_path_exists("/etc/localtime") ? zone_of_file(z, out, err) : rbk_zones_get(z, "UTC", out, err);
}
