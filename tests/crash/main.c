/* SPDX-License-Identifier: MIT */
/*
 * Plays every scene without a death, to see which points its victim passes and how often; then once
 * for each of them, for its first and second passing (and the fifth, in a long run). Checks that
 * every point of the library was reached in some scene.
 *
 *     crash_points                     all of them
 *     crash_points SCENE POINT PASS    one, to look at it
 *     crash_points --rehearse N        plays each scene N times without a death, and names the
 *     points
 *                                      that no scene passes every time: what is reached by luck
 */
#include "cast.h"

#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "points.h"

#define POINTS (sizeof points / sizeof points[0])
#define SECONDS 120

/* How many of its passings a point is tried at, unless STREAMX_LONG is set (scripts/test --long).
 * Under the address sanitizer a fork takes ten times as long. */
#ifdef __SANITIZE_ADDRESS__
#define PASSES_SHORT 1
#else
#define PASSES_SHORT 2
#endif

static const struct scene *const sets[] = {producer_scenes, consumer_scenes, company_scenes,
                                           leftover_scenes};
#define SETS (sizeof sets / sizeof sets[0])

extern const char *chosen_point;
extern int chosen_pass;

static void *map_shared(size_t bytes)
{
    void *memory = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    must(memory != MAP_FAILED);
    return memory;
}

/* A stream of the same name works, from its creation to its end. */
static void check_that_the_name_works(void)
{
    struct streamx_producer *producer = create_or_fail(NULL);
    struct streamx_consumer *consumer = subscribe_or_fail(STREAMX_START_NEXT);
    struct streamx_message message;
    uint32_t generation = 3;

    must(put_number(producer, 3, 1) == 0);
    must(streamx_next(consumer, &message, PATIENCE) == 1);
    check_number(&message, &generation, 1);
    must(streamx_ack(consumer, 0) == 0);
    must(streamx_close(producer, PATIENCE) == 0);
    must(streamx_next(consumer, &message, PATIENCE) == 0);
    streamx_unsubscribe(consumer);
}

static int play(const struct scene *scene, const char *directory)
{
    alarm(SECONDS);
    prctl(PR_SET_PDEATHSIG, 9);
    must(setenv("STREAMX_DIR", directory, 1) == 0);
    scene->play();
    check_that_the_name_works();
    return 0;
}

/* How far everybody had come. */
static void tell_the_board(void)
{
    fprintf(stderr, "; got %llu, tried %llu, acknowledged %llu, the victim %s",
            (unsigned long long)atomic_load(&board->words[GOT]),
            (unsigned long long)atomic_load(&board->words[TRIED]),
            (unsigned long long)atomic_load(&board->words[ACKED]),
            atomic_load(&board->words[7]) ? "killed" : "not known to be dead");
}

/* True: the victim was killed. Ends the program if the scene failed. */
static bool run(const struct scene *scene, const char *point, int pass)
{
    char directory[] = "/dev/shm/streamx-crash.XXXXXX";
    int status;

    must(mkdtemp(directory));
    memset(board, 0, sizeof *board);
    chosen_point = point;
    chosen_pass = pass;
    fflush(NULL);
    if (fork() == 0)
        exit(play(scene, directory));
    must(wait(&status) > 0);
    if (status != 0 || rmdir(directory) != 0) {
        fprintf(stderr, "failed: %s %s %d: ", scene->name, point ? point : "-", pass);
        if (status == SIGALRM)
            fprintf(stderr, "had not ended after %d s", SECONDS);
        else
            fprintf(stderr, "status %#x%s", (unsigned)status, status ? "" : ", something was left");
        tell_the_board();
        fprintf(stderr, "; kept: %s\n", directory);
        exit(1);
    }
    return atomic_load(&board->words[7]) != 0;
}

/* How often each point is passed. */
static void rehearse(const struct scene *scene, uint32_t *passed)
{
    must(!run(scene, NULL, 0));
    for (size_t i = 0; i < POINTS; i++)
        passed[i] = atomic_load(&board->passed[i]);
}

static void run_scene(const struct scene *scene, _Atomic unsigned *deaths)
{
    static const uint32_t passes[] = {1, 2, 5};
    const int most = getenv("STREAMX_LONG") ? 3 : PASSES_SHORT;
    uint32_t passed[POINTS];
    unsigned survived = 0;

    rehearse(scene, passed);
    for (size_t i = 0; i < POINTS; i++)
        for (int j = 0; j < most && passes[j] <= passed[i]; j++)
            if (run(scene, points[i], (int)passes[j])) {
                atomic_fetch_add(&deaths[i], 1);
                survived++;
            }
    printf("%s: %u deaths survived\n", scene->name, survived);
    must(survived > 0);
}

/* The least and the most that a scene passes each point, over so many plays. */
static void count_passes(const struct scene *scene, int times, uint32_t *least, uint32_t *most)
{
    for (int play = 0; play < times; play++) {
        must(!run(scene, NULL, 0));
        for (size_t i = 0; i < POINTS; i++) {
            uint32_t passed = atomic_load(&board->passed[i]);

            if (play == 0 || passed < least[i])
                least[i] = passed;
            if (play == 0 || passed > most[i])
                most[i] = passed;
        }
    }
}

static int rehearse_all(int times)
{
    static uint32_t surest[POINTS];
    uint32_t least[POINTS], most[POINTS];
    int by_luck = 0;

    for (size_t i = 0; i < SETS; i++)
        for (const struct scene *scene = sets[i]; scene->name; scene++) {
            count_passes(scene, times, least, most);
            for (size_t j = 0; j < POINTS; j++) {
                if (least[j] > surest[j])
                    surest[j] = least[j];
                if (least[j] != most[j])
                    printf("%s: %s: %u to %u times\n", scene->name, points[j], least[j], most[j]);
            }
        }
    for (size_t i = 0; i < POINTS; i++)
        if (surest[i] == 0) {
            printf("by luck: %s\n", points[i]);
            by_luck = 1;
        }
    return by_luck;
}

/* Scenes mostly wait, so all are played side by side, each with a board of its own. */
static int run_all(_Atomic unsigned *deaths)
{
    int failures = 0, unreached = 0, status;

    for (size_t i = 0; i < SETS; i++)
        for (const struct scene *scene = sets[i]; scene->name; scene++) {
            fflush(NULL);
            if (fork() != 0)
                continue;
            board = map_shared(sizeof *board);
            run_scene(scene, deaths);
            exit(0);
        }
    while (wait(&status) > 0)
        failures += status != 0;
    for (size_t i = 0; i < POINTS && failures == 0; i++)
        if (atomic_load(&deaths[i]) == 0) {
            printf("never reached: %s: see crash_points --rehearse\n", points[i]);
            unreached++;
        }
    return failures + unreached != 0;
}

static int run_one(const char *name, const char *point, int pass)
{
    for (size_t i = 0; i < SETS; i++)
        for (const struct scene *s = sets[i]; s->name; s++)
            if (strcmp(s->name, name) == 0)
                return printf("killed: %d\n", run(s, point, pass)) < 0;
    return 2;
}

int main(int argc, char **argv)
{
    board = map_shared(sizeof *board);
    if (argc == 3 && strcmp(argv[1], "--rehearse") == 0)
        return rehearse_all(atoi(argv[2]));
    if (argc == 4)
        return run_one(argv[1], argv[2], atoi(argv[3]));
    return run_all(map_shared(POINTS * sizeof(_Atomic unsigned)));
}
