/* Which filesystem a path lives on, and whether SQLite's WAL and kernel locks can be trusted there. Network filesystems
 * cannot: shared memory is not shared between machines (https://sqlite.org/wal.html, section 1). The numbers are those
 * of statfs(2) and linux/magic.h. FUSE hides many filesystems behind one number, so its type is read from mountinfo. */
#include <store/internal.h>

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#define FUSE_MAGIC 0x65735546

struct filesystem {
    uint32_t magic;
    bool network;
    const char *name;
};

static const struct filesystem known_filesystems[] = {
    {0x6969, true, "nfs"},        {0x517b, true, "smb"},        {0xff534d42, true, "cifs"},
    {0xfe534d42, true, "smb2"},   {0x564c, true, "ncp"},        {0x5346414f, true, "afs"},
    {0x6b414653, true, "kafs"},   {0x73757245, true, "coda"},   {0x00c36400, true, "ceph"},
    {0x01021997, true, "9p"},     {0x0bd00bd0, true, "lustre"}, {0x47504653, true, "gpfs"},
    {0x786f4256, true, "vboxsf"}, {0xbacbacbc, true, "vmhgfs"}, {0x01161970, true, "gfs2"},
    {0x7461636f, true, "ocfs2"},  {0xef53, false, "ext4"},      {0x58465342, false, "xfs"},
    {0x9123683e, false, "btrfs"}, {0x01021994, false, "tmpfs"}, {0x794c7630, false, "overlay"},
    {0x2fc12fc1, false, "zfs"},   {0xf2f52010, false, "f2fs"},  {0xca451a4e, false, "bcachefs"},
    {0x858458f6, false, "ramfs"}, {0x4d44, false, "vfat"},      {0x5346544e, false, "ntfs"},
    {0x7366746e, false, "ntfs3"}, {FUSE_MAGIC, false, "fuse"},
};

static const char *const network_fuse_types[] = {
    "fuse.sshfs",   "fuse.s3fs",   "fuse.rclone",    "fuse.glusterfs", "fuse.curlftpfs",
    "fuse.davfs",   "fuse.davfs2", "fuse.gcsfuse",   "fuse.ceph",      "fuse.cephfs",
    "fuse.juicefs", "fuse.goofys", "fuse.blobfuse2", "fuse.nfs",       "fuse.seaweedfs",
};

static const struct filesystem *find_filesystem(long magic)
{
    for (size_t i = 0; i < sizeof known_filesystems / sizeof *known_filesystems; i++)
        if (known_filesystems[i].magic == (uint32_t)magic)
            return &known_filesystems[i];
    return NULL;
}

bool rbk_filesystem_is_network(long magic, const char *type)
{
    const struct filesystem *f = find_filesystem(magic);
    if (f && f->network)
        return true;
    if (!type)
        return false;
    for (size_t i = 0; i < sizeof network_fuse_types / sizeof *network_fuse_types; i++)
        if (!strcmp(type, network_fuse_types[i]))
            return true;
    return false;
}

/* The type of the mount that `path` is on: proc(5), mountinfo, the first field after the lone hyphen. */
static void read_mount_type(const char *path, char *type, size_t size)
{
    struct stat st;
    char line[4096], device[32];
    type[0] = '\0';
    if (stat(path, &st))
        return;
    snprintf(device, sizeof device, " %u:%u ", major(st.st_dev), minor(st.st_dev));
    FILE *f = fopen("/proc/self/mountinfo", "re");
    if (!f)
        return;
    while (fgets(line, sizeof line, f)) {
        const char *rest = strstr(line, device) ? strstr(line, " - ") : NULL;
        if (rest)
            snprintf(type, size, "%.*s", (int)strcspn(rest + 3, " "), rest + 3);
    }
    fclose(f);
}

int rbk_filesystem_of(const char *path, char *name, size_t size, bool *network)
{
    struct statfs fs;
    char type[64] = "";
    if (statfs(path, &fs))
        return -1;
    if ((uint32_t)fs.f_type == FUSE_MAGIC)
        read_mount_type(path, type, sizeof type);
    *network = rbk_filesystem_is_network((long)fs.f_type, type);
    const struct filesystem *f = find_filesystem((long)fs.f_type);
    if (type[0])
        snprintf(name, size, "%s", type);
    else if (f)
        snprintf(name, size, "%s", f->name);
    else
        snprintf(name, size, "0x%" PRIx32, (uint32_t)fs.f_type);
    return 0;
}
