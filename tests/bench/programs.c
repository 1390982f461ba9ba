/* SPDX-License-Identifier: MIT */
/*
 * The programs beside cat and tee: lines of 99 characters from a file to /dev/null. That what comes
 * out is what went in is looked at before, with a shorter file.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan.h"

#define LINE_BYTES 100u /* with its newline */
#define MIB (1u << 20)

struct pipeline {
    const char *name;
    const char *command; /* from $FILE to $OUT1, and $OUT2, $OUT3; has $DIR for itself */
    unsigned readers;
    double seconds[ROUNDS_MOST];
};

static struct pipeline pipelines[] = {
    {.name = "cat to cat", .readers = 1, .command = "cat \"$FILE\" | cat >\"$OUT1\""},
    {.name = "lines",
     .readers = 1,
     .command = "streamx-sub lines >\"$OUT1\" & streamx-pub lines <\"$FILE\" && wait $!"},
    {.name = "raw",
     .readers = 1,
     .command = "streamx-sub -r raw >\"$OUT1\" & streamx-pub -r raw <\"$FILE\" && wait $!"},
    {.name = "tee to three",
     .readers = 3,
     .command = "cat \"$DIR/one\" >\"$OUT1\" & cat \"$DIR/two\" >\"$OUT2\" & "
                "tee \"$DIR/one\" \"$DIR/two\" <\"$FILE\" | cat >\"$OUT3\"; wait"},
    {.name = "raw to three",
     .readers = 3,
     .command = "streamx-sub -r three >\"$OUT1\" & streamx-sub -r three >\"$OUT2\" & "
                "streamx-sub -r three >\"$OUT3\" & streamx-pub -r -W 3 three <\"$FILE\" && wait"},
};

enum { CAT, LINES, RAW, TEE_THREE, RAW_THREE, PIPELINES };

static void set(const char *name, const char *value)
{
    must_errno(setenv(name, value, 1), "setenv");
}

/* Lines that differ. */
static bool make_file(unsigned mib)
{
    FILE *file = fopen(path_of("lines"), "w");
    bool sound = file;

    for (unsigned i = 0; sound && i < mib * (uint64_t)MIB / LINE_BYTES; i++)
        sound = fprintf(file, "%099u\n", i * 2654435761u) == LINE_BYTES;
    if (file && fclose(file) != 0)
        sound = false;
    if (!sound)
        fprintf(stderr, "bench: no room for a file of %u MiB in %s\n", mib, settings.directory);
    return sound;
}

static double run(struct pipeline *pipeline)
{
    int64_t began_ns = now_ns();
    int status = system(pipeline->command);

    if (status != 0) {
        fprintf(stderr, "bench: status %d: %s\n", status, pipeline->command);
        return -1;
    }
    return (double)(now_ns() - began_ns) / 1e9;
}

static bool carries(struct pipeline *pipeline)
{
    static const char *const outs[] = {"OUT1", "OUT2", "OUT3"};
    static const char *const files[] = {"out1", "out2", "out3"};
    char command[128];
    bool same;

    for (unsigned i = 0; i < 3; i++)
        set(outs[i], path_of("%s", files[i]));
    same = run(pipeline) >= 0;
    for (unsigned i = 0; i < pipeline->readers; i++) {
        snprintf(command, sizeof command, "cmp \"$FILE\" \"$%s\"", outs[i]);
        same &= system(command) == 0;
    }
    for (unsigned i = 0; i < 3; i++) {
        unlink(path_of("%s", files[i]));
        set(outs[i], "/dev/null");
    }
    if (!same)
        fprintf(stderr, "bench: not carried rightly: %s\n", pipeline->command);
    return same;
}

static bool prepare(unsigned mib)
{
    const char *search = getenv("PATH");
    char *path = malloc(strlen(settings.programs) + strlen(search ? search : "") + 2);
    bool sound = path && mkfifo(path_of("one"), 0600) == 0 && mkfifo(path_of("two"), 0600) == 0;

    if (!sound)
        return false;
    sprintf(path, "%s:%s", settings.programs, search ? search : "");
    set("PATH", path);
    free(path);
    set("DIR", settings.directory);
    set("FILE", path_of("lines"));
    sound = make_file(8);
    for (unsigned i = 0; sound && i < PIPELINES; i++)
        sound = carries(&pipelines[i]);
    return sound && make_file(mib);
}

static void judge_pipelines(void)
{
    double seconds[PIPELINES];

    for (unsigned i = 0; i < PIPELINES; i++)
        seconds[i] = median(pipelines[i].seconds, settings.rounds);
    judge("programs: lines, beside cat to cat", "times as fast", AT_LEAST, 1,
          seconds[CAT] / seconds[LINES]);
    judge("programs: raw, beside cat to cat", "times as fast", AT_LEAST, 2,
          seconds[CAT] / seconds[RAW]);
    judge("programs: raw to three, beside tee to three", "times as fast", AT_LEAST, 1.5,
          seconds[TEE_THREE] / seconds[RAW_THREE]);
}

void measure_programs(bool quick)
{
    unsigned mib = quick ? 64 : 512;
    bool sound = prepare(mib);

    printf("\nprograms: %u MiB of lines of 99 characters, from a file to /dev/null\n", mib);
    for (unsigned round = 0; sound && round < settings.rounds; round++)
        for (unsigned i = 0; sound && i < PIPELINES; i++)
            sound = (pipelines[i].seconds[round] = run(&pipelines[i])) > 0;
    if (sound) {
        for (unsigned i = 0; i < PIPELINES; i++)
            note_single("programs", pipelines[i].name, "GB/s",
                        mib * (double)MIB / 1e9 / median(pipelines[i].seconds, settings.rounds));
        judge_pipelines();
    }
    unlink(path_of("lines"));
    unlink(path_of("one"));
    unlink(path_of("two"));
}
