/* SPDX-License-Identifier: MIT */
/*
 * run_in_world NUMBER PROGRAM ARGUMENT...: runs a program in one of the filtered worlds, by its
 * number in worlds_filtered.c. Exits with 77 if that world cannot be entered here.
 */
#include "worlds.h"

#include <stdlib.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    unsigned long number = argc > 2 ? strtoul(argv[1], NULL, 10) : world_count;

    if (number >= world_count || !world_enter(&worlds[number]))
        return EXIT_SKIPPED;
    execvp(argv[2], argv + 2);
    return 127;
}
