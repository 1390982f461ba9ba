/* SPDX-License-Identifier: MIT */
/*
 * The library has one errno for three causes. They are told apart here by looking at the file
 * afterwards, for the message alone.
 */
#include "common/denied.h"

#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdbool.h>
#include <stdio.h>
#include <streamx.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define PATH_BYTES 4096
#define USER_BYTES 64

static const char *kind_of(mode_t mode)
{
    if (S_ISDIR(mode))
        return "a directory";
    if (S_ISLNK(mode))
        return "a symbolic link";
    if (S_ISFIFO(mode))
        return "a FIFO";
    return S_ISSOCK(mode) ? "a socket" : "a device";
}

static void name_user(char user[USER_BYTES], uid_t uid)
{
    const struct passwd *entry = getpwuid(uid);

    if (entry)
        snprintf(user, USER_BYTES, "%s (uid %u)", entry->pw_name, (unsigned)uid);
    else
        snprintf(user, USER_BYTES, "uid %u", (unsigned)uid);
}

/* Which access this user lacks; NULL: none. */
static const char *missing_access(const char *path, enum cli_denied_use use)
{
    bool reads = faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) == 0;
    bool writes = use == CLI_DENIED_READ || faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) == 0;

    if (use == CLI_DENIED_REPLACE)
        return NULL;
    if (reads)
        return writes ? NULL : "write to";
    return writes ? "read" : "read or write";
}

/* Whether the owner is the cause. */
static bool is_foreign(uid_t owner, enum cli_denied_use use)
{
    if (use == CLI_DENIED_READ || owner == geteuid())
        return false;
    return use == CLI_DENIED_REPLACE || owner != 0;
}

static void explain(char *text, size_t size, const char *path, const struct stat *status,
                    enum cli_denied_use use)
{
    const char *missing = missing_access(path, use);
    char user[USER_BYTES];

    name_user(user, status->st_uid);
    if (!S_ISREG(status->st_mode))
        snprintf(text, size, "not a stream, but %s", kind_of(status->st_mode));
    else if (missing)
        snprintf(
            text, size,
            "no permission to %s it: it belongs to %s and has mode %04o (streamx-pub --mode)%s",
            missing, user, (unsigned)(status->st_mode & 07777),
            use == CLI_DENIED_ATTACH && strcmp(missing, "write to") == 0 ? "; --tap only looks on"
                                                                         : "");
    else if (is_foreign(status->st_uid, use))
        snprintf(text, size, "it belongs to %s%s", user,
                 use == CLI_DENIED_ATTACH ? ", another user; --any-owner accepts that" : "");
    else
        snprintf(text, size, "not a stream");
}

void cli_denied_reason(char *text, size_t size, const char *name, enum cli_denied_use use)
{
    char path[PATH_BYTES];
    struct stat status;

    snprintf(path, sizeof path, "%s/streamx.%s", streamx_directory(), name);
    if (lstat(path, &status) == 0)
        explain(text, size, path, &status, use);
    else
        snprintf(text, size, "%s", strerror(errno));
}
