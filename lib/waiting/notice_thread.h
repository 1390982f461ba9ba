/* SPDX-License-Identifier: MIT */
/* A notice by a thread, where there is no io_uring, or no memory for one. */
#ifndef SX_NOTICE_THREAD_H
#define SX_NOTICE_THREAD_H

#include "waiting/notice_means.h"

/* 0; or -errno. */
int sx_notice_thread_open(struct sx_notice *notice);

#endif
