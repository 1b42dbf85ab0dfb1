// A switch in a loop (br_table): a stack machine that runs a small program of its own.
#include "kernel.h"

enum { PUSH, LOAD, STORE, ADD, MUL, AND, XOR, SHR, LESS, EQUAL, JUMP, JUMP_ZERO, JUMP_SET, DUP, CALL, RETURN, HALT };

typedef struct { int op, operand; } instruction;

enum { LIMIT, I, X, COUNT, HASH, VARIABLES };
enum { OUTER = 2, INNER = 10, EVEN = 29, DONE = 34, END = 41, SCRAMBLE = 43 };

// Takes the length of the Collatz sequence of every number below LIMIT and scrambles it into HASH.
static const instruction program[] = {
    {PUSH, 1}, {STORE, I},
    /* OUTER */ {LOAD, I}, {LOAD, LIMIT}, {LESS, 0}, {JUMP_ZERO, END},
    {LOAD, I}, {STORE, X}, {PUSH, 0}, {STORE, COUNT},
    /* INNER */ {LOAD, X}, {PUSH, 1}, {EQUAL, 0}, {JUMP_SET, DONE},
    {LOAD, COUNT}, {PUSH, 1}, {ADD, 0}, {STORE, COUNT},
    {LOAD, X}, {PUSH, 1}, {AND, 0}, {JUMP_ZERO, EVEN},
    {LOAD, X}, {PUSH, 3}, {MUL, 0}, {PUSH, 1}, {ADD, 0}, {STORE, X}, {JUMP, INNER},
    /* EVEN */ {LOAD, X}, {PUSH, 1}, {SHR, 0}, {STORE, X}, {JUMP, INNER},
    /* DONE */ {LOAD, COUNT}, {CALL, SCRAMBLE}, {LOAD, I}, {PUSH, 1}, {ADD, 0}, {STORE, I}, {JUMP, OUTER},
    /* END */ {LOAD, HASH}, {HALT, 0},
    /* SCRAMBLE */ {LOAD, HASH}, {XOR, 0}, {PUSH, 33}, {MUL, 0}, {DUP, 0}, {PUSH, 15}, {SHR, 0}, {ADD, 0},
    {STORE, HASH}, {RETURN, 0},
};

static u32 variables[VARIABLES], stack[32];
static int calls[8];

static u32 interpret(const instruction *code) {
    u32 *top = stack;
    int pc = 0, depth = 0;
    for (;;) {
        instruction now = code[pc++];
        switch (now.op) {
        case PUSH: *++top = (u32)now.operand; break;
        case LOAD: *++top = variables[now.operand]; break;
        case STORE: variables[now.operand] = *top--; break;
        case ADD: top--, top[0] += top[1]; break;
        case MUL: top--, top[0] *= top[1]; break;
        case AND: top--, top[0] &= top[1]; break;
        case XOR: top--, top[0] ^= top[1]; break;
        case SHR: top--, top[0] >>= top[1] & 31; break;
        case LESS: top--, top[0] = top[0] < top[1]; break;
        case EQUAL: top--, top[0] = top[0] == top[1]; break;
        case JUMP: pc = now.operand; break;
        case JUMP_ZERO: if (*top-- == 0) pc = now.operand; break;
        case JUMP_SET: if (*top-- != 0) pc = now.operand; break;
        case DUP: top++, top[0] = top[-1]; break;
        case CALL: calls[depth++] = pc, pc = now.operand; break;
        case RETURN: pc = calls[--depth]; break;
        case HALT: return *top;
        }
    }
}

u32 run(int n) {
    u32 sum = 0;
    for (int round = 0; round < n; round++) {
        variables[LIMIT] = 60 + (u32)(round & 7);
        variables[HASH] = sum;
        sum = fold(sum, interpret(program));
    }
    return sum;
}
