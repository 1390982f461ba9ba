/* SPDX-License-Identifier: MIT */
/* Streams of which every message is one value of a C type. streamx.h includes this, and what it
 * says of the calls holds for those that are defined here. */
#ifndef STREAMX_TYPED_H
#define STREAMX_TYPED_H

#ifndef STREAMX_H
#error "include streamx.h, which includes this"
#endif

/* Writes the tag "NAME/SIZE", cut to STREAMX_TAG_MAX bytes; for STREAMX_DEFINE_TYPED. */
static inline void streamx_typed_tag(char tag[STREAMX_TAG_MAX + 1], const char *name, size_t size)
{
    char digits[24];
    size_t n = 0, used = 0;

    do
        digits[n++] = (char)('0' + size % 10);
    while ((size /= 10) != 0);
    while (name[used] != '\0' && used + n + 1 < STREAMX_TAG_MAX) {
        tag[used] = name[used];
        used++;
    }
    tag[used++] = '/';
    while (n > 0)
        tag[used++] = digits[--n];
    tag[used] = '\0';
}

#define STREAMX_TYPED_VERB __attribute__((unused)) static inline

/*
 * Defines NAME_create, NAME_put, NAME_subscribe and NAME_next for streams whose every message is
 * one T: as the calls of the same verb, with the slot size set to sizeof(T) and with a type tag
 * made of T's spelling and size, which subscribing checks. NAME_put takes a pointer to the value,
 * and NAME_next copies the value out; a message of another size gives -EPROTOTYPE. Everything else
 * is used as on any stream.
 */
#define STREAMX_DEFINE_TYPED(NAME, T)                                                              \
    STREAMX_TYPED_VERB int NAME##_create(struct streamx_producer **producer,                       \
                                         const char *stream_name,                                  \
                                         const struct streamx_options *options)                    \
    {                                                                                              \
        struct streamx_options typed;                                                              \
        char tag[STREAMX_TAG_MAX + 1];                                                             \
        __builtin_memset(&typed, 0, sizeof typed);                                                 \
        if (options)                                                                               \
            typed = *options;                                                                      \
        streamx_typed_tag(tag, #T, sizeof(T));                                                     \
        typed.type = tag;                                                                          \
        typed.slot_size = (uint32_t)sizeof(T);                                                     \
        return streamx_create(producer, stream_name, &typed);                                      \
    }                                                                                              \
    STREAMX_TYPED_VERB int NAME##_put(struct streamx_producer *producer, const T *value,           \
                                      int64_t timeout_ns)                                          \
    {                                                                                              \
        return streamx_put(producer, value, sizeof(T), timeout_ns);                                \
    }                                                                                              \
    STREAMX_TYPED_VERB int NAME##_subscribe(                                                       \
        struct streamx_consumer **consumer, const char *stream_name,                               \
        const struct streamx_subscribe_options *options, int64_t timeout_ns)                       \
    {                                                                                              \
        struct streamx_subscribe_options typed;                                                    \
        char tag[STREAMX_TAG_MAX + 1];                                                             \
        __builtin_memset(&typed, 0, sizeof typed);                                                 \
        if (options)                                                                               \
            typed = *options;                                                                      \
        streamx_typed_tag(tag, #T, sizeof(T));                                                     \
        typed.type = tag;                                                                          \
        return streamx_subscribe(consumer, stream_name, &typed, timeout_ns);                       \
    }                                                                                              \
    STREAMX_TYPED_VERB int NAME##_next(struct streamx_consumer *consumer, T *value,                \
                                       int64_t timeout_ns)                                         \
    {                                                                                              \
        struct streamx_message message;                                                            \
        int got = streamx_next(consumer, &message, timeout_ns);                                    \
        if (got != 1)                                                                              \
            return got;                                                                            \
        if (message.len != sizeof(T))                                                              \
            return -EPROTOTYPE;                                                                    \
        __builtin_memcpy(value, message.data, sizeof(T));                                          \
        return 1;                                                                                  \
    }

#endif
