/* SPDX-License-Identifier: MIT */
/*
 * The label under which others see a consumer, changed while it is attached.
 *
 * Only the consumer itself writes it, and only those who look from outside read it. One that looks
 * in that moment may see the beginning of the new label and the rest of the old one; nobody acts on
 * it.
 */
#include <errno.h>
#include <string.h>

#include "consumer/handle.h"

int streamx_relabel(struct streamx_consumer *c, const char *label)
{
    char text[STREAMX_TAG_MAX + 1] = "";
    size_t len;

    static_assert(sizeof text == sizeof c->seat->label, "the seat has room for a label");
    if (!sx_segment_ours(&c->segment))
        return -EPERM;
    if (c->way == SX_WAY_TAP)
        return -EOPNOTSUPP;
    len = label ? strnlen(label, sizeof text) : sizeof text;
    if (len == sizeof text)
        return -EINVAL;
    memcpy(text, label, len);
    SX_STEP(relabel, memcpy(c->seat->label, text, sizeof text));
    return 0;
}
