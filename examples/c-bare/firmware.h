/* What the firmware needs of a board: a console, an end, and how deep the native stack has been. */
#ifndef FIRMWARE_H
#define FIRMWARE_H

#include <stddef.h>
#include <stdint.h>

/* Memory that guests live in, in bytes. The board says how much there is. */
#ifndef POOL
#define POOL 20480
#endif

/* Prints a string. */
void board_print(const char *text);
/* Bytes of the native stack that have been in use at most since the start; 0 where nobody knows. */
size_t board_stack_peak(void);
/* Bytes that the native stack may take; 0 where nobody knows. */
size_t board_stack_room(void);
/* Bytes of the memory that holds data, and how many of them are taken, the native stack left out; 0 where nobody knows. */
size_t board_ram_room(void);
size_t board_ram_used(void);

/* Runs everything; 0 if all of it went as planned. */
int firmware(void);

#endif
