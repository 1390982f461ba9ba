/* SPDX-License-Identifier: MIT */
/* Collects what is shown, and writes it whatever kind of descriptor standard output is. */
#include "tool/page.h"

#include "common/clock.h"
#include "common/exit_status.h"
#include "common/output.h"
#include "common/report.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cli_page_open(struct cli_page *page)
{
    *page = (struct cli_page){.text = NULL};
    page->file = open_memstream(&page->text, &page->size);
    return page->file ? 0 : -ENOMEM;
}

int cli_page_write(struct cli_page *page)
{
    int result = -ENOMEM;

    if (fclose(page->file) == 0)
        result = cli_output_plain(STDOUT_FILENO, page->text, page->size, CLI_CLOCK_NEVER);
    free(page->text);
    *page = (struct cli_page){.text = NULL};
    return result;
}

int cli_page_end(struct cli_page *page, int status)
{
    int failed = cli_page_write(page);

    if (failed == 0)
        return status;
    cli_report("standard output: %s", strerror(-failed));
    return CLI_STATUS_FAILED;
}
