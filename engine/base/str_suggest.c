/* "Did you mean": the optimal string alignment distance (Damerau-Levenshtein in which no part is edited twice), cheap
 * because names are short. https://en.wikipedia.org/wiki/Damerau-Levenshtein_distance */
#include <base/str.h>

#include <string.h>

enum { WORD_MAX = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t slip_distance(const char *a, size_t alen, const char *b, size_t blen)
{
    size_t rows[3][WORD_MAX + 1];
    size_t *before = rows[0], *last = rows[1], *row = rows[2];
    for (size_t j = 0; j <= blen; j++)
        last[j] = before[j] = j;
    for (size_t i = 1; i <= alen; i++) {
        row[0] = i;
        for (size_t j = 1; j <= blen; j++) {
            size_t cost = a[i - 1] != b[j - 1];
            row[j] = least(least(last[j] + 1, row[j - 1] + 1), last[j - 1] + cost);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], before[j - 2] + 1);
        }
        size_t *spare = before;
        before = last;
        last = row;
        row = spare;
    }
    return last[blen];
}

/* The index of the only candidate that goes on where the word stops, else `count`: "slow" is meant to be "slowest",
 * however near "show" is. */
static size_t only_completion(const char *word, const char *const *candidates, size_t count)
{
    enum { LEAST = 3 };
    size_t found = count;
    if (strlen(word) < LEAST)
        return count;
    for (size_t i = 0; i < count; i++) {
        if (!rbk_starts_with(candidates[i], word))
            continue;
        if (found < count)
            return count;
        found = i;
    }
    return found;
}

static const char *nearest(const char *word, const char *const *candidates, size_t count)
{
    const char *best = NULL;
    size_t best_distance = WORD_MAX, len = strlen(word);
    if (len > WORD_MAX)
        return NULL;
    for (size_t i = 0; i < count; i++) {
        size_t other = strlen(candidates[i]);
        if (other > WORD_MAX)
            continue;
        size_t distance = slip_distance(word, len, candidates[i], other);
        if (distance <= (len > other ? len : other) / 3 && distance < best_distance) {
            best = candidates[i];
            best_distance = distance;
        }
    }
    return best;
}

const char *rbk_did_you_mean(const char *word, const char *const *candidates, size_t count)
{
    size_t completion = only_completion(word, candidates, count);
    return completion < count ? candidates[completion] : nearest(word, candidates, count);
}
