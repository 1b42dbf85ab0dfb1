// A recursive parser over bytes: builds and checks a JSON text, one document for each unit of work.
#include "kernel.h"

enum { SIZE = 8192 };

static char text[SIZE];
static u32 length;
static const char *at;
static u32 sum;

static void put(char c) {
    if (length + 1 < SIZE) text[length++] = c;
}

static void put_word(const char *word) {
    while (*word) put(*word++);
}

static void put_number(u32 value) {
    if (value >= 10) put_number(value / 10);
    put((char)('0' + value % 10));
}

static void build(u32 *state, int depth) {
    u32 choice = next_random(state) % (depth > 5 ? 4 : 8);
    if (choice == 0) {
        put_number(next_random(state) >> 8);
    } else if (choice == 1) {
        put_word(next_random(state) & 4 ? "true" : "null");
    } else if (choice < 4) {
        put('"');
        for (u32 i = 4 + next_random(state) % 20; i; i--) {
            u32 r = next_random(state) % 32;
            if (r == 0) put('\\'), put('n');
            else put((char)(r < 6 ? ' ' : 'a' + r - 6));
        }
        put('"');
    } else {
        int object = choice < 6;
        put(object ? '{' : '[');
        for (u32 i = 0, count = 2 + next_random(state) % 4; i < count; i++) {
            if (i) put(','), put(' ');
            if (object) put('"'), put((char)('a' + i)), put('"'), put(':');
            build(state, depth + 1);
        }
        put(object ? '}' : ']');
    }
}

static void skip_space(void) {
    while (*at == ' ' || *at == '\n') at++;
}

static int parse_string(void) {
    u32 hash = 0;
    if (*at++ != '"') return 0;
    while (*at != '"') {
        char c = *at++;
        if (c == 0) return 0;
        if (c == '\\') {
            c = *at++;
            if (c == 'n') c = '\n';
            else if (c != '"' && c != '\\') return 0;
        }
        hash = hash * 31 + (u8)c;
    }
    at++;
    sum = fold(sum, hash);
    return 1;
}

static int parse_word(const char *word) {
    while (*word)
        if (*at++ != *word++) return 0;
    return 1;
}

static int parse_value(void) {
    skip_space();
    switch (*at) {
    case '"': return parse_string();
    case 't': return parse_word("true");
    case 'n': return parse_word("null");
    case '{':
    case '[': {
        char close = *at++ == '{' ? '}' : ']';
        u32 count = 0;
        for (;; count++) {
            if (close == '}') {
                skip_space();
                if (!parse_string()) return 0;
                skip_space();
                if (*at++ != ':') return 0;
            }
            if (!parse_value()) return 0;
            skip_space();
            if (*at == ',') {
                at++;
                continue;
            }
            if (*at++ != close) return 0;
            sum = fold(sum, count);
            return 1;
        }
    }
    default: {
        double value = 0;
        if (*at < '0' || *at > '9') return 0;
        while (*at >= '0' && *at <= '9') value = value * 10 + (*at++ - '0');
        sum = fold_f64(sum, value);
        return 1;
    }
    }
}

u32 run(int n) {
    u32 state = 4242;
    sum = 0;
    length = 0;
    put('[');
    while (length < SIZE / 2) {
        if (length > 1) put(',');
        build(&state, 0);
    }
    put(']');
    text[length] = 0;
    for (int round = 0; round < n; round++) {
        at = text;
        int valid = parse_value();
        sum = fold(sum, (u32)valid);
    }
    return sum;
}
