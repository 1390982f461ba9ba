/* SPDX-License-Identifier: MIT */
/*
 * Draws with curses where somebody looks at a terminal that can do that. The signal handlers are in
 * place before curses starts, so that it leaves them alone but for SIGWINCH, which shows as the key
 * KEY_RESIZE. Its own one for Ctrl-Z would forget those that come while it draws.
 */
#include "tool/screen.h"

#include "common/clock.h"
#include "common/signals.h"
#include "common/text.h"
#include "tool/page.h"

#include <curses.h>
#include <errno.h>
#include <locale.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

static struct {
    bool has_curses;
    bool has_keys;  /* standard input is ours to read */
    bool has_saved; /* `saved` is to be restored */
    bool has_mask;  /* Ctrl-Z is held off but while it rests, with this mask: */
    sigset_t resting;
    struct termios saved; /* where curses is not used ... */
    struct termios plain; /* ... and what is set instead */
    int top;              /* first line of the text on the screen */
    int line_count;       /* of the text */
} screen;

/* ---- the terminal ---- */

/*
 * Whether there is somebody who looks and types. Else the terminal belongs to others (to less, to
 * the shell that started this in the background), and standard input to whoever reads it.
 */
static bool is_ours(void)
{
    return isatty(STDIN_FILENO) && isatty(STDOUT_FILENO) && tcgetpgrp(STDIN_FILENO) == getpgrp();
}

static bool can_place_cursor(void)
{
    int failed;
    const char *place;

    if (setupterm(NULL, STDOUT_FILENO, &failed) != OK)
        return false;
    place = tigetstr("cup");
    failed = place == NULL || place == (char *)-1;
    del_curterm(cur_term);
    return !failed;
}

static void give_back(void)
{
    if (screen.has_curses)
        endwin();
    if (screen.has_saved)
        tcsetattr(STDIN_FILENO, TCSANOW, &screen.saved);
}

static void take_again(void)
{
    if (screen.has_curses) {
        clearok(curscr, TRUE);
        refresh();
    }
    if (screen.has_saved)
        tcsetattr(STDIN_FILENO, TCSANOW, &screen.plain);
}

/* Ctrl-Z: gives the terminal back before it stops, and takes it again when it goes on. Called while
 * it rests, so never within curses. */
static void on_stop(int signal)
{
    const struct sigaction stop = {.sa_handler = SIG_DFL}, go_on = {.sa_handler = on_stop};
    int before = errno;
    sigset_t only;

    give_back();
    sigaction(signal, &stop, NULL);
    raise(signal);
    sigemptyset(&only);
    sigaddset(&only, signal);
    sigprocmask(SIG_UNBLOCK, &only, NULL); /* here it stops */
    sigaction(signal, &go_on, NULL);
    if (is_ours())
        take_again();
    errno = before;
}

/* Unless somebody has it ignored. */
static void heed_stops(void)
{
    const struct sigaction stop = {.sa_handler = on_stop};
    struct sigaction before;
    sigset_t only;

    if (sigaction(SIGTSTP, NULL, &before) != 0 || before.sa_handler != SIG_DFL)
        return;
    sigemptyset(&only);
    sigaddset(&only, SIGTSTP);
    sigprocmask(SIG_BLOCK, &only, &screen.resting);
    sigaction(SIGTSTP, &stop, NULL);
    screen.has_mask = true;
}

/* Keys count at once, without Enter. */
static void read_keys_plainly(void)
{
    screen.has_keys = true;
    if (tcgetattr(STDIN_FILENO, &screen.saved) != 0)
        return;
    screen.plain = screen.saved;
    screen.plain.c_lflag &= ~(tcflag_t)(ICANON | ECHO);
    screen.has_saved = tcsetattr(STDIN_FILENO, TCSANOW, &screen.plain) == 0;
}

static void draw_over(void)
{
    screen.has_keys = true;
    cbreak();
    noecho();
    nonl();
    keypad(stdscr, TRUE);
    nodelay(stdscr, TRUE);
    curs_set(0);
}

void cli_screen_open(void)
{
    if (!is_ours())
        return;
    setlocale(LC_CTYPE, "");
    heed_stops();
    screen.has_curses = can_place_cursor() && newterm(NULL, stdout, stdin) != NULL;
    if (screen.has_curses)
        draw_over();
    else
        read_keys_plainly();
}

void cli_screen_close(void)
{
    give_back();
}

/* ---- drawing ---- */

static void draw_line(int row, const char *line, size_t length)
{
    mvaddnstr(row, 0, line, (int)cli_text_fitting(line, length, (size_t)COLS));
}

static int count_lines(const char *text)
{
    int count = 0;

    for (; *text; text++)
        count += *text == '\n';
    return count;
}

/* Keeps the last line at the bottom at most. */
static void limit_scrolling(void)
{
    int most = screen.line_count - (LINES - 1);

    if (screen.top > most)
        screen.top = most;
    if (screen.top < 0)
        screen.top = 0;
}

static void draw_with_curses(const char *title, const char *text)
{
    screen.line_count = count_lines(text);
    limit_scrolling();
    erase();
    attron(A_REVERSE);
    draw_line(0, title, strlen(title));
    attroff(A_REVERSE);
    for (int line = 0; *text != '\0' && line - screen.top < LINES - 1; line++) {
        size_t length = strcspn(text, "\n");

        if (line >= screen.top)
            draw_line(line - screen.top + 1, text, length);
        text += length + (text[length] == '\n');
    }
    refresh();
}

static int print(const char *title, const char *text)
{
    struct cli_page page;

    if (cli_page_open(&page) != 0)
        return -ENOMEM;
    fprintf(page.file, "%s\n%s\n", title, text);
    return cli_page_write(&page);
}

int cli_screen_draw(const char *title, const char *text)
{
    if (!screen.has_curses)
        return print(title, text);
    draw_with_curses(title, text);
    return 0;
}

/* ---- keys ---- */

static enum cli_screen_event scroll_by(int distance)
{
    screen.top += distance;
    limit_scrolling();
    return CLI_SCREEN_REDRAW;
}

static enum cli_screen_event read_curses_key(void)
{
    switch (getch()) {
    case 'q':
    case 'Q':
        return CLI_SCREEN_QUIT;
    case KEY_UP:
    case 'k':
        return scroll_by(-1);
    case KEY_DOWN:
    case 'j':
        return scroll_by(1);
    case KEY_PPAGE:
        return scroll_by(1 - LINES);
    case KEY_NPAGE:
    case ' ':
        return scroll_by(LINES - 1);
    case KEY_RESIZE:
        return CLI_SCREEN_REDRAW;
    default:
        return CLI_SCREEN_TIME;
    }
}

static enum cli_screen_event read_plain_key(void)
{
    char key;
    ssize_t length = read(STDIN_FILENO, &key, 1);

    if (length == 1 && (key == 'q' || key == 'Q'))
        return CLI_SCREEN_QUIT;
    if (length == 0 || (length < 0 && errno != EINTR && errno != EAGAIN))
        screen.has_keys = false;
    return CLI_SCREEN_TIME;
}

enum cli_screen_event cli_screen_rest(int64_t deadline_ns)
{
    enum cli_screen_event event = CLI_SCREEN_TIME;
    int64_t left_ns;

    while (event == CLI_SCREEN_TIME && (left_ns = cli_clock_until(deadline_ns, INT64_MAX)) > 0) {
        struct pollfd polled[] = {{.fd = cli_signals_fd(), .events = POLLIN},
                                  {.fd = screen.has_keys ? STDIN_FILENO : -1, .events = POLLIN}};
        struct timespec timeout = {.tv_sec = left_ns / CLI_CLOCK_SECOND,
                                   .tv_nsec = left_ns % CLI_CLOCK_SECOND};
        int count = ppoll(polled, 2, &timeout, screen.has_mask ? &screen.resting : NULL);

        cli_signals_status_wanted(); /* what is drawn is the answer */
        if (cli_signals_caught() != 0)
            return CLI_SCREEN_SIGNAL;
        if (screen.has_curses && polled[1].revents & (POLLHUP | POLLERR))
            return CLI_SCREEN_QUIT;          /* the terminal has gone */
        if (screen.has_curses && count != 0) /* a key, or an interruption by SIGWINCH */
            event = read_curses_key();
        else if (count > 0 && polled[1].revents != 0)
            event = read_plain_key();
    }
    return event;
}
