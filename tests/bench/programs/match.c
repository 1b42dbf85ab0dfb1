// Recursive pattern matching over text: literals, '.', character classes, and the repeats '*', '+', '?'.
#include "kernel.h"

enum { TEXT = 4096 };

static char text[TEXT + 1];

static const char *const patterns[] = {
    "ab*c", "[aeiou][bcd]+[aeiou]", "x.z", "(no", "ca?b?[a-c]*d", "[^a-m][^n-z]+q", "a.*b.*c.*dd", "zzz?",
};

// The end of the atom at p.
static const char *atom_end(const char *p) {
    if (*p == '[') {
        p++;
        while (*p != ']') p++;
    }
    return p + 1;
}

static int atom_fits(const char *p, char c) {
    if (c == 0) return 0;
    if (*p == '.') return c != '\n';
    if (*p != '[') return *p == c;
    int negated = p[1] == '^', found = 0;
    for (p += 1 + negated; *p != ']'; p++) {
        if (p[1] == '-' && p[2] != ']') {
            found |= c >= p[0] && c <= p[2];
            p += 2;
        } else {
            found |= *p == c;
        }
    }
    return found != negated;
}

// The length of the longest-first match at s, or -1.
static int match_here(const char *p, const char *s) {
    if (*p == 0) return 0;
    const char *rest = atom_end(p);
    if (*rest == '*' || *rest == '+' || *rest == '?') {
        int least = *rest == '+', most = *rest == '?' ? 1 : 60, count = 0;
        while (count < most && atom_fits(p, s[count])) count++;
        for (; count >= least; count--) {
            int length = match_here(rest + 1, s + count);
            if (length >= 0) return length + count;
        }
        return -1;
    }
    if (!atom_fits(p, *s)) return -1;
    int length = match_here(rest, s + 1);
    return length < 0 ? -1 : length + 1;
}

u32 run(int n) {
    u32 state = 31337, sum = 0;
    for (int i = 0; i < TEXT; i++) {
        u32 r = next_random(&state);
        text[i] = r % 41 == 0 ? '\n' : r % 3 ? (char)('a' + r / 64 % 5) : (char)('a' + r / 64 % 26);
    }
    for (int round = 0; round < n; round++) {
        const char *pattern = patterns[round % 8];
        for (int i = 0; i < TEXT; i++) {
            int length = match_here(pattern, text + i);
            if (length > 0) sum = fold(sum, (u32)(i ^ length << 16));
        }
        text[round % TEXT] = (char)('a' + round % 26);
    }
    return sum;
}
