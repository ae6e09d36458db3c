/* A fast producer of output. Usage: produce zero BYTES (blocks of 64 KiB), or produce lines COUNT (short log lines in
 * blocks of 64 KiB). */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define BLOCK 65536

static void put(const char *data, long long len)
{
    while (len > 0) {
        ssize_t put = write(1, data, (size_t)len);
        if (put <= 0)
            exit(1);
        data += put;
        len -= put;
    }
}

static void produce_zeros(long long bytes)
{
    static char block[BLOCK];
    for (; bytes > 0; bytes -= BLOCK)
        put(block, bytes < BLOCK ? bytes : BLOCK);
}

/* The digits are counted up in place: formatting would make the producer the bottleneck. */
static void produce_lines(long long count)
{
    static char block[BLOCK + 128];
    char line[] = "step 00000000: ok, unit restarted\n";
    size_t used = 0, len = sizeof line - 1;
    for (long long i = 0; i < count; i++) {
        memcpy(block + used, line, len);
        used += len;
        for (int digit = 12; digit > 4 && ++line[digit] > '9'; digit--)
            line[digit] = '0';
        if (used >= BLOCK) {
            put(block, (long long)used);
            used = 0;
        }
    }
    put(block, (long long)used);
}

int main(int argc, char **argv)
{
    if (argc == 3 && strcmp(argv[1], "zero") == 0)
        produce_zeros(atoll(argv[2]));
    else if (argc == 3 && strcmp(argv[1], "lines") == 0)
        produce_lines(atoll(argv[2]));
    else
        return fprintf(stderr, "usage: produce zero BYTES | lines COUNT\n"), 2;
    return 0;
}
