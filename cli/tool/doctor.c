/* SPDX-License-Identifier: MIT */
/*
 * The command doctor: what this machine gives, and what follows from it for speed and for how soon
 * a death is noticed. The first thing to ask for where something is slow or does not work.
 */
#include "tool/doctor.h"

#include "common/exit_status.h"
#include "common/json.h"
#include "common/report.h"
#include "common/text.h"
#include "tool/machine.h"
#include "tool/page.h"

#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <streamx.h>
#include <string.h>

static const char *why(int error)
{
    return error == EOPNOTSUPP ? "this file system cannot hold a stream" : strerror(error);
}

/* ---- for people ------------------------------------------------------------------------------ */

static void show_place(FILE *file, const struct cli_machine *machine)
{
    char bytes[16];

    fprintf(file, "directory   %s: ", streamx_directory());
    if (machine->directory != 0) {
        fprintf(file, "%s\n", strerror(machine->directory));
    } else {
        cli_text_amount(bytes, sizeof bytes, (double)machine->free_bytes, 1024);
        fprintf(file, "%s, %s free\n", machine->file_system, bytes);
    }
    if (machine->stream == 0)
        fprintf(file, "stream      one was made there, and a message came through\n");
    else
        fprintf(file, "stream      cannot be made or used there: %s\n", why(machine->stream));
}

static void show_waiting(FILE *file, const struct cli_machine *machine)
{
    const char *filter = machine->filtered ? " (system calls are filtered here)" : "";

    fprintf(file, "membarrier  %s\n",
            machine->membarrier ? "yes: put and take pass no barrier of their own"
                                : "no: every put and take passes a full barrier, and a sleeper "
                                  "looks around every 64 ms at the latest");
    if (machine->io_uring != 0)
        fprintf(file, "io_uring    no, %s%s", strerror(machine->io_uring), filter);
    else
        fprintf(file, "io_uring    %s", machine->ring_futex ? "with futexes" : "without futexes");
    fprintf(file, "%s\n",
            machine->ring_futex
                ? ": deaths are noticed at once, and waits can be armed on a ring"
                : ": a call notices a death within 64 ms, a descriptor by a thread");
    if (machine->pidfd != 0)
        fprintf(file, "pidfd       no, %s%s: deaths are noticed within 64 ms\n",
                strerror(machine->pidfd), filter);
    else
        fprintf(file, "pidfd       yes\n");
    fprintf(file, "futex_waitv %s\n",
            machine->futex_waitv ? "yes" : "no: that thread looks around every 64 ms");
}

static void show_limit(FILE *file, const char *what, uint64_t limit)
{
    if (limit == CLI_MACHINE_UNLIMITED)
        fprintf(file, "%s without limit", what);
    else
        fprintf(file, "%s up to %llu", what, (unsigned long long)limit);
}

static void show(FILE *file, const struct cli_machine *machine)
{
    fprintf(file, "streamx     %d.%d.%d, with library %s\n", STREAMX_VERSION_MAJOR,
            STREAMX_VERSION_MINOR, STREAMX_VERSION_PATCH, streamx_version());
    fprintf(file, "kernel      %s %s, pages of %llu bytes, %u processor%s%s\n",
            machine->system.release, machine->system.machine,
            (unsigned long long)machine->page_bytes, machine->processors,
            machine->processors == 1 ? "" : "s",
            machine->processors == 1 ? ": nobody spins for another" : "");
    show_place(file, machine);
    show_waiting(file, machine);
    show_limit(file, "limits      descriptors", machine->open_files);
    show_limit(file, ", bytes of a file", machine->file_bytes);
    show_limit(file, ", bytes of memory", machine->address_bytes);
    fputc('\n', file);
}

/* ---- for programs ---------------------------------------------------------------------------- */

static json_t *error_or_null(int error)
{
    return error == 0 ? json_null() : json_string(strerror(error));
}

static json_t *limit_or_null(uint64_t limit)
{
    return limit == CLI_MACHINE_UNLIMITED ? json_null() : json_integer((json_int_t)limit);
}

static bool show_json(FILE *file, const struct cli_machine *m)
{
    json_t *object = json_object();
    bool written;

    json_object_set_new(object, "version", json_string(streamx_version()));
    json_object_set_new(object, "kernel", cli_json_text(m->system.release));
    json_object_set_new(object, "machine", cli_json_text(m->system.machine));
    json_object_set_new(object, "page_bytes", json_integer((json_int_t)m->page_bytes));
    json_object_set_new(object, "processors", json_integer(m->processors));
    json_object_set_new(object, "directory", cli_json_text(streamx_directory()));
    json_object_set_new(object, "directory_error", error_or_null(m->directory));
    json_object_set_new(object, "file_system", json_string(m->file_system));
    json_object_set_new(object, "free_bytes", json_integer((json_int_t)m->free_bytes));
    json_object_set_new(object, "stream_error", error_or_null(m->stream));
    json_object_set_new(object, "membarrier", json_boolean(m->membarrier));
    json_object_set_new(object, "io_uring_error", error_or_null(m->io_uring));
    json_object_set_new(object, "io_uring_futex", json_boolean(m->ring_futex));
    json_object_set_new(object, "pidfd_error", error_or_null(m->pidfd));
    json_object_set_new(object, "futex_waitv", json_boolean(m->futex_waitv));
    json_object_set_new(object, "filtered", json_boolean(m->filtered));
    json_object_set_new(object, "open_files", limit_or_null(m->open_files));
    json_object_set_new(object, "file_bytes", limit_or_null(m->file_bytes));
    json_object_set_new(object, "address_bytes", limit_or_null(m->address_bytes));
    written = json_dumpf(object, file, JSON_COMPACT) == 0 && fputc('\n', file) != EOF;
    json_decref(object);
    return written;
}

int cli_tool_doctor(const struct cli_tool_options *options)
{
    struct cli_machine machine;
    struct cli_page page;
    int status;

    cli_machine_look(&machine);
    status = machine.stream == 0 ? CLI_STATUS_DONE : CLI_STATUS_FAILED;
    if (cli_page_open(&page) != 0) {
        cli_report("%s", strerror(ENOMEM));
        return CLI_STATUS_FAILED;
    }
    if (!options->json)
        show(page.file, &machine);
    else if (!show_json(page.file, &machine))
        status = CLI_STATUS_FAILED;
    return cli_page_end(&page, status);
}
