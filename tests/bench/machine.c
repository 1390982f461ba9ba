/* SPDX-License-Identifier: MIT */
/* Which processors the two sides run on, and in which class. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>

#include "bench.h"

static int core_of(int cpu)
{
    char path[128];
    int core = -1, package = 0;
    FILE *file;

    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/core_id", cpu);
    if ((file = fopen(path, "r"))) {
        if (fscanf(file, "%d", &core) != 1)
            core = -1;
        fclose(file);
    }
    snprintf(path, sizeof path, "/sys/devices/system/cpu/cpu%d/topology/physical_package_id", cpu);
    if ((file = fopen(path, "r"))) {
        if (fscanf(file, "%d", &package) != 1)
            package = 0;
        fclose(file);
    }
    return core < 0 ? cpu : package * 65536 + core;
}

void choose_processors(int cpus[2])
{
    cpu_set_t allowed;

    cpus[0] = cpus[1] = -1;
    must_errno(sched_getaffinity(0, sizeof allowed, &allowed), "sched_getaffinity");
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (!CPU_ISSET((size_t)cpu, &allowed))
            continue;
        if (cpus[0] < 0) {
            cpus[0] = cpus[1] = cpu;
        } else if (core_of(cpu) != core_of(cpus[0])) {
            cpus[1] = cpu;
            return;
        }
    }
}

void pin_to(int cpu)
{
    cpu_set_t set;

    CPU_ZERO(&set);
    CPU_SET((size_t)cpu, &set);
    must_errno(sched_setaffinity(0, sizeof set, &set), "sched_setaffinity");
}

void take_real_time(void)
{
    const struct sched_param parameters = {.sched_priority = 1};

    must_errno(sched_setscheduler(0, SCHED_FIFO, &parameters), "sched_setscheduler");
}
