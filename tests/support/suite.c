/* SPDX-License-Identifier: MIT */
/*
 * Runs the tests of one topic with libcheck, one process per test.
 *
 * All tests of a run share one directory, which is deleted at the end however they ended; each gets
 * a stream directory in it. It lies in /dev/shm where there is one, because that is where streams
 * live, and because a file system below /tmp may lack O_TMPFILE.
 */
#include "support.h"

#include <dirent.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char run_dir[PATH_MAX];
static char test_dir[PATH_MAX + 16];
static pid_t test_pid;

const char *stream_dir(void)
{
    return test_dir;
}

const char *stream_path(const char *name)
{
    static char path[sizeof test_dir + 256];

    snprintf(path, sizeof path, "%s/streamx.%s", test_dir, name);
    return path;
}

void leave_mark(const char *file, int line)
{
    if (getpid() == test_pid)
        (_mark_point)(file, line);
}

static void make_test_dir(void)
{
    test_pid = getpid();
    snprintf(test_dir, sizeof test_dir, "%s/XXXXXX", run_dir);
    ck_assert_ptr_nonnull(mkdtemp(test_dir));
    ck_assert_int_eq(setenv("STREAMX_DIR", test_dir, 1), 0);
}

static void check_test_dir_is_empty(void)
{
    DIR *dir;
    struct dirent *entry;

    children_end();
    dir = opendir(test_dir);
    ck_assert_ptr_nonnull(dir);
    while ((entry = readdir(dir)))
        ck_assert_msg(strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0,
                      "left behind: %s", entry->d_name);
    closedir(dir);
}

static int remove_entry(const char *path, const struct stat *status, int type, struct FTW *where)
{
    (void)status;
    (void)type;
    (void)where;
    return remove(path);
}

bool long_run(void)
{
    return getenv("STREAMX_LONG") != NULL;
}

static int run(const char *topic, const TTest *const *tests)
{
    Suite *suite = suite_create(topic);
    TCase *tcase = tcase_create(topic);
    SRunner *runner;
    int failed;

    tcase_set_timeout(tcase, long_run() ? 3000 : 290); /* just before ctest's own */
    tcase_add_checked_fixture(tcase, make_test_dir, check_test_dir_is_empty);
    for (size_t i = 0; tests[i]; i++)
        tcase_add_test(tcase, tests[i]);
    suite_add_tcase(suite, tcase);
    runner = srunner_create(suite);
    srunner_run_all(runner, CK_ENV);
    failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed == 0 ? EXIT_SUCCESS : EXIT_FAILURE;
}

int run_tests(const char *topic, const TTest *const *tests)
{
    int status;

    snprintf(run_dir, sizeof run_dir, "%s/streamx-test.XXXXXX",
             access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (!mkdtemp(run_dir) || chmod(run_dir, 0711) != 0) {
        perror(run_dir);
        return EXIT_FAILURE;
    }
    status = run(topic, tests);
    nftw(run_dir, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
    return status;
}
