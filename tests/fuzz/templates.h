/* SPDX-License-Identifier: MIT */
/* Honest streams for fuzz_attach to start from: see templates.c. */
#ifndef STREAMX_FUZZ_TEMPLATES_H
#define STREAMX_FUZZ_TEMPLATES_H

#include "patch.h"
#include "streamx.h"

#define TEMPLATES 12u
#define SHARED_FIRST 8u /* from here on they are shared */
#define TEMPLATE_BYTES_MAX 65536u
#define STREAM "s" /* the only stream there ever is */

struct template
{
    struct streamx_options options;
    struct terrain terrain;
    unsigned char bytes[TEMPLATE_BYTES_MAX];
};

/* `index` below TEMPLATES. All of them are made at the first call. */
const struct template *template_at(unsigned index);

/* A private directory in which streams are fast, and the path of the stream's file in it. */
const char *stream_file(void);

#endif
