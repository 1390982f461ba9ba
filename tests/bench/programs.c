/* SPDX-License-Identifier: MIT */
/*
 * The programs, from a file to /dev/null, beside reading that file alone in steps of 64 KiB, which
 * is the floor; cat to cat is no floor, since it takes four times as long when the two processors
 * lie far apart, but no pipeline of ours may be slower. That what comes out is what went in is
 * looked at before, with a shorter file.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "plan.h"

#define MIB (1u << 20)

struct pipeline {
    const char *name;
    const char *command; /* from $FILE to $OUT1, and $OUT2, $OUT3; has $DIR for itself */
    unsigned readers;
    const char *file;
    double seconds[ROUNDS_MOST];
};

#define LONG "lines"        /* of 99 characters */
#define SHORT "short-lines" /* of 19 */

static struct pipeline pipelines[] = {
    {.name = "reading alone",
     .readers = 0,
     .file = LONG,
     .command = "dd if=\"$FILE\" of=/dev/null bs=64K status=none"},
    {.name = "reading short lines alone",
     .readers = 0,
     .file = SHORT,
     .command = "dd if=\"$FILE\" of=/dev/null bs=64K status=none"},
    {.name = "cat to cat", .file = LONG, .readers = 1, .command = "cat \"$FILE\" | cat >\"$OUT1\""},
    {.name = "lines",
     .readers = 1,
     .file = LONG,
     .command = "streamx-sub lines >\"$OUT1\" & streamx-pub lines <\"$FILE\" && wait $!"},
    {.name = "short lines",
     .readers = 1,
     .file = SHORT,
     .command = "streamx-sub lines >\"$OUT1\" & streamx-pub lines <\"$FILE\" && wait $!"},
    {.name = "raw",
     .readers = 1,
     .file = LONG,
     .command = "streamx-sub -r raw >\"$OUT1\" & streamx-pub -r raw <\"$FILE\" && wait $!"},
    {.name = "tee to three",
     .readers = 3,
     .file = LONG,
     .command = "cat \"$DIR/one\" >\"$OUT1\" & cat \"$DIR/two\" >\"$OUT2\" & "
                "tee \"$DIR/one\" \"$DIR/two\" <\"$FILE\" | cat >\"$OUT3\"; wait"},
    {.name = "raw to three",
     .readers = 3,
     .file = LONG,
     .command = "streamx-sub -r three >\"$OUT1\" & streamx-sub -r three >\"$OUT2\" & "
                "streamx-sub -r three >\"$OUT3\" & streamx-pub -r -W 3 three <\"$FILE\" && wait"},
};

enum { ALONE, ALONE_SHORT, CAT, LINES, SHORT_LINES, RAW, TEE_THREE, RAW_THREE, PIPELINES };

static void set(const char *name, const char *value)
{
    must_errno(setenv(name, value, 1), "setenv");
}

/* Lines that differ. */
static bool make_file(const char *name, int characters, unsigned mib)
{
    FILE *file = fopen(path_of("%s", name), "w");
    unsigned lines = (unsigned)(mib * (uint64_t)MIB / ((unsigned)characters + 1));
    bool sound = file;

    for (unsigned i = 0; sound && i < lines; i++)
        sound = fprintf(file, "%0*u\n", characters, i * 2654435761u) == characters + 1;
    if (file && fclose(file) != 0)
        sound = false;
    if (!sound)
        fprintf(stderr, "bench: no room for a file of %u MiB in %s\n", mib, settings.directory);
    return sound;
}

static double run(struct pipeline *pipeline)
{
    int64_t began_ns;
    int status;

    set("FILE", path_of("%s", pipeline->file));
    began_ns = now_ns();
    status = system(pipeline->command);

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

static bool make_files(unsigned mib)
{
    return make_file(LONG, 99, mib) && make_file(SHORT, 19, mib);
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
    sound = make_files(8);
    for (unsigned i = 0; sound && i < PIPELINES; i++)
        sound = carries(&pipelines[i]);
    return sound && make_files(mib);
}

/* How many times as long this takes as that, round by round. */
static void judge_pipeline(const char *name, unsigned pipeline, unsigned base, double limit)
{
    double ratios[ROUNDS_MOST];

    for (unsigned i = 0; i < settings.rounds; i++)
        ratios[i] = pipelines[pipeline].seconds[i] / pipelines[base].seconds[i];
    judge_spread(name, "times", AT_MOST, limit, spread_of(ratios, settings.rounds));
}

static void judge_pipelines(void)
{
    judge_pipeline("programs: raw, to reading alone", RAW, ALONE, 1.6);
    judge_pipeline("programs: lines, to reading alone", LINES, ALONE, 2.5);
    judge_pipeline("programs: short lines, to reading alone", SHORT_LINES, ALONE_SHORT, 4);
    judge_pipeline("programs: raw to three, to reading alone", RAW_THREE, ALONE, 2.5);
    judge_pipeline("programs: lines, to cat to cat", LINES, CAT, 1);
    judge_pipeline("programs: raw to three, to tee to three", RAW_THREE, TEE_THREE, 0.67);
}

void measure_programs(bool quick)
{
    unsigned mib = quick ? 64 : 512;
    bool sound = prepare(mib);

    printf("\nprograms: %u MiB of lines, from a file to /dev/null\n", mib);
    for (unsigned round = 0; sound && round < settings.rounds; round++)
        for (unsigned i = 0; sound && i < PIPELINES; i++)
            sound = (pipelines[i].seconds[round] = run(&pipelines[i])) > 0;
    if (sound) {
        for (unsigned i = 0; i < PIPELINES; i++)
            note_single("programs", pipelines[i].name, "GB/s",
                        mib * (double)MIB / 1e9 / median(pipelines[i].seconds, settings.rounds));
        judge_pipelines();
    }
    unlink(path_of(LONG));
    unlink(path_of(SHORT));
    unlink(path_of("one"));
    unlink(path_of("two"));
}
