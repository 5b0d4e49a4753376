// Counts what a piece of code asks of the allocator and of the processor.
#ifndef CCOUNTING_H
#define CCOUNTING_H

#include <stdint.h>

// Blocks that this thread has asked for so far: malloc, calloc, realloc and the aligned ones.
uint64_t counting_allocations(void);

// Opens a counter of this thread's instructions in user space. -1 where there is none, as in most virtual machines.
int counting_instructions_open(void);
// The counter's value, or 0.
uint64_t counting_instructions(int counter);

#endif
