/* SPDX-License-Identifier: MIT */
/* A notice by the handle's own io_uring, whose descriptor can be polled. */
#ifndef SX_NOTICE_RING_H
#define SX_NOTICE_RING_H

#include "waiting/notice_means.h"

/* 0; -EOPNOTSUPP for good; or another error, for this time. */
int sx_notice_ring_open(struct sx_notice *notice);

#endif
