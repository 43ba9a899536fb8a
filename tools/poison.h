#ifndef TOOLS_POISON_H
#define TOOLS_POISON_H
/*
 * Included before every source of ours (-include): functions that must not be called here do not compile. The headers that
 * declare them come first, for a poisoned name may not even be declared again.
 */
#include <alloca.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#undef alloca
#undef strcpy
#undef strcat
#undef sprintf
#undef strtok
#undef atoi
#pragma GCC poison strcpy strcat sprintf vsprintf strtok gets atoi alloca popen

/* Not poisoned, so that a variable or a field may bear the name; a call still names something that does not exist. */
#define system(command) banned_function_system
#endif
