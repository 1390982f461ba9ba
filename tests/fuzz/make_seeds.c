/* SPDX-License-Identifier: MIT */
/*
 * Writes the seed corpora: make_seeds DIRECTORY, which has the subdirectories attach, splitter and
 * quantities. The seeds of attach are programs of fuzz_attach.c, one per way through the library.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct seed {
    const char *name;
    const char *bytes;
    size_t size;
};

#define SEED(name, bytes)                                                                          \
    {                                                                                              \
        (name), (bytes), sizeof(bytes) - 1                                                         \
    }

/* Actions of fuzz_attach.c, with their arguments. */
#define SUBSCRIBE(how) "\x00\x00" how "\x00"
#define UNSUBSCRIBE "\x01\x00"
#define ACK(seq) "\x02\x00" seq
#define CREATE(template) "\x03" template
#define PUT(len) "\x04" len "\x00\x00"
#define PUTV(len) "\x04" len "\x03\x00"
#define LEND(len) "\x05" len "\x00"
#define WAIT(events) "\x06" events "\x00"
#define CLOSE "\x07\x01\x00"
#define ABANDON "\x07\x00"
#define LOOK "\x08\x00"
#define REMOVE "\x09\x01"
#define RESIZE(change) "\x0a" change
#define LOCK(which) "\x0b" which
#define POLL(events) "\x0c\x00" events
#define DRAIN "\x0d\x00"
#define RELABEL "\x0e\x00"
#define PARTS(most) "\x0f\x00" most "\x00"
#define CREATE_2 "\x13" /* template: a second producer, likewise the next */
#define PUT_2(len) "\x14" len "\x00\x00"
#define PUTV_2(len) "\x14" len "\x03\x00"
#define LEND_2(len) "\x15" len "\x00"
#define WAIT_2(events) "\x16" events "\x00"
#define CLOSE_2 "\x17\x01\x00"
#define ABANDON_2 "\x17\x00"
#define POLL_2(events) "\x1c\x00" events
#define TAKE "\x40\x00\x00"
#define NEXT "\x41\x00\x00"
#define PATCH_HEADER(field) "\x80\x00" field
#define PATCH_WORD(word) "\x80\x02\x00" word
#define PATCH_SEAT(seat_and_field) "\x80\x02\x01" seat_and_field
#define PATCH_FRAME(frame_and_field) "\x80\x02\x02" frame_and_field
#define PATCH_PLACE(place_and_field) "\x80\x02\x04" place_and_field
#define PATCH_BACKING(slot_and_field) "\x80\x02\x05" slot_and_field
#define PATCH_END(frame_and_end) "\x80\x02\x03" frame_and_end

static const struct seed attach[] = {
    SEED("consume_dead", "\x01" SUBSCRIBE("\x00") NEXT NEXT TAKE TAKE ACK("\x00") NEXT NEXT),
    SEED("consume_live", "\x81" SUBSCRIBE("\x00") NEXT NEXT NEXT NEXT NEXT UNSUBSCRIBE),
    SEED("oldest", "\x85" SUBSCRIBE("\x03") NEXT NEXT NEXT LOOK UNSUBSCRIBE),
    SEED("latest", "\x81" SUBSCRIBE("\x02") NEXT NEXT LOOK),
    SEED("new", "\x80" SUBSCRIBE("\x01") NEXT UNSUBSCRIBE),
    SEED("tap", "\x85" SUBSCRIBE("\x23") NEXT NEXT TAKE NEXT NEXT UNSUBSCRIBE),
    SEED("tap_beside", "\x00" CREATE("\x01") SUBSCRIBE("\x20") PUT("\x05") PUTV("\x07")
                           NEXT NEXT PUT("\x05") NEXT POLL("\x01") CLOSE NEXT),
    SEED("typed", "\x82" SUBSCRIBE("\x08") NEXT NEXT NEXT),
    SEED("take_over", "\x01" CREATE("\x01") PUT("\x05") PUTV("\x07") SUBSCRIBE("\x00")
                          NEXT NEXT NEXT PUT("\x05") LEND("\x06") WAIT("\x0f") CLOSE),
    SEED("evict", "\x00" CREATE("\x03") SUBSCRIBE("\x00") PUT("\x01") PUT("\x01") NEXT PUT("\x01")
                      PUT("\x01") PUT("\x01") PUT("\x01") PUT("\x01") PUT("\x01") PUT("\x01")
                          PUT("\x01") PUT("\x01") NEXT ABANDON),
    SEED("pipe", "\x00" CREATE("\x04") SUBSCRIBE("\x00") PUT("\x01") UNSUBSCRIBE PUT("\x01") CLOSE),
    SEED("remove", "\x81" SUBSCRIBE("\x00") REMOVE NEXT LOOK UNSUBSCRIBE),
    SEED("sizes", "\x00" RESIZE("\xff\xff") SUBSCRIBE("\x00") RESIZE("\x01\x00") LOOK),
    SEED("header", "\x80" PATCH_HEADER("\x03\x00\x40") SUBSCRIBE("\x00") LOOK),
    SEED("words", "\x81" SUBSCRIBE("\x03") PATCH_WORD("\x00\x01\x01") PATCH_WORD("\x0b\x00\x05")
                      NEXT NEXT UNSUBSCRIBE SUBSCRIBE("\x00") NEXT),
    SEED("since", "\x81" PATCH_WORD("\x08\x00\x03") PATCH_WORD("\x09\x0b\x3f") LOOK),
    SEED("seats", "\x81" PATCH_SEAT("\x00\x00\x00\x09") LOCK("\x83") SUBSCRIBE("\x00") LOOK NEXT),
    SEED("frames", "\x81" SUBSCRIBE("\x03") PATCH_FRAME("\x01\x03\x01\x01") NEXT NEXT NEXT NEXT),
    SEED("ends", "\x81" SUBSCRIBE("\x03") PATCH_END("\x01\x03\x01\x01") NEXT NEXT NEXT NEXT),
    SEED("gap",
         "\x81" SUBSCRIBE("\x03") PATCH_END("\x02\x02\x01\x01") NEXT NEXT NEXT NEXT NEXT NEXT NEXT),
    SEED("parts", "\x00" CREATE("\x01") SUBSCRIBE("\x00") LEND("\x0e\x00\x03\x01\x01\x04\x06\x06")
                      NEXT NEXT NEXT),
    SEED("poll", "\x00" CREATE("\x01") SUBSCRIBE("\x00") POLL("\x01") PUT("\x04") POLL("\x02")
                     NEXT NEXT PUT("\x04") POLL("\x01")),
    SEED("taken_at_once", "\x81" SUBSCRIBE("\x03") PARTS("\x04") PATCH_END("\x01\x03\x01\x01")
                              PARTS("\x02") PARTS("\x04") PARTS("\x04") PARTS("\x04")),
    SEED("long",
         "\x00" CREATE("\x0a") SUBSCRIBE("\x00") PUT("\xfd") NEXT LEND("\xfc")
             NEXT PATCH_BACKING("\x00\x00\x01\x01") LEND("\xfa") NEXT PUT("\x05") NEXT CLOSE NEXT),
    SEED("shared", "\x00" CREATE("\x09") CREATE_2 "\x09" SUBSCRIBE("\x00") PUT("\x05") PUT_2("\x06")
                       PUTV("\x07") NEXT NEXT LEND_2("\x08") NEXT WAIT_2("\x03") POLL_2("\x01")
                           LOOK RELABEL DRAIN CLOSE NEXT PUT_2("\x04") NEXT CLOSE_2 NEXT),
    SEED("casualty", "\x00" CREATE("\x08") CREATE_2 "\x08" SUBSCRIBE("\x00") PUT("\x05")
                         NEXT ABANDON_2 PUT("\x05") NEXT CLOSE NEXT),
    SEED("come_in_live",
         "\x89" LOCK("\x41") CREATE_2 "\x09" SUBSCRIBE("\x40") PUT_2("\x05")
             NEXT PATCH_WORD("\x13\x00\x05") PUT_2("\x05") WAIT_2("\x01") LOOK NEXT),
    SEED("resume",
         "\x07" SUBSCRIBE("\x40") NEXT NEXT CREATE("\x07") PUT("\x05") NEXT LOOK CLOSE NEXT),
    SEED("resume_shared", "\x0a" SUBSCRIBE("\x48") NEXT CREATE("\x0a") CREATE_2 "\x0a" PUT("\x05")
                              PUT_2("\xfe") NEXT NEXT ABANDON PUT_2("\x05") NEXT CLOSE_2 NEXT),
    SEED("places", "\x09" CREATE("\x09") PATCH_PLACE("\x01\x00\x00\x0a") PATCH_PLACE(
                       "\x01\x04\x05\x01") PUT("\x05") LOOK SUBSCRIBE("\x00") NEXT CLOSE),
    SEED("pen", "\x00" CREATE("\x08") CREATE_2 "\x08" PATCH_WORD("\x13\x00\x06") PUT("\x05")
                    PATCH_WORD("\x14\x01\x01") PUT_2("\x05") CLOSE CLOSE_2),
    SEED("both", "\x00" CREATE("\x01") SUBSCRIBE("\x00") PUTV("\x04") PATCH_WORD("\x12\x01\x01")
                     PUT("\x04") NEXT PATCH_SEAT("\x00\x01\x01\x01") PUT("\x04") WAIT("\x03") LOOK),
};

/* Framing, limit, piece, batch; then the bytes. */
static const struct seed splitter[] = {
    SEED("lines", "\x00\x20\x03\x04one\ntwo\n\nfour\nunterminated"),
    SEED("nuls", "\x01\x20\x10\x04one\0two\0\0"),
    SEED("string", "\x02\x01\r\n\x20\x01\x04one\r\ntwo\r\r\n\r\nthree\r"),
    SEED("lengths", "\x03\x20\x02\x04\0\0\0\3one\0\0\0\0\0\0\0\3two"),
    SEED("cut", "\x03\x20\x09\x04\0\0\0\3one\0\0\0\x09two"),
    SEED("too_long", "\x00\x04\x09\x04one\ntwo\nthree\nfour\n"),
};

/* Least, most, room; then the text. */
static const struct seed quantities[] = {
    SEED("count", "\x00\x08\xff\xff\xff\xff\xff\xff\xff\xff\x10"
                  "18446744073709551615"),
    SEED("size", "\x01\x04\xff\xff\xff\xff\x10"
                 "64K"),
    SEED("duration", "\x00\x00\x10"
                     "1.5ms"),
    SEED("minutes", "\x00\x00\x10"
                    "153722867m"),
    SEED("mode", "\x00\x00\x10"
                 "0660"),
    SEED("escapes", "\x00\x00\x20"
                    "a\\n\\t\\r\\0\\\\\\x7f\\xzz\\"),
};

static void write_seeds(const char *directory, const char *corpus, const struct seed *seeds,
                        size_t count)
{
    for (size_t i = 0; i < count; i++) {
        char path[4096];
        FILE *file;

        snprintf(path, sizeof path, "%s/%s/%s", directory, corpus, seeds[i].name);
        file = fopen(path, "wb");
        if (!file || fwrite(seeds[i].bytes, 1, seeds[i].size, file) != seeds[i].size ||
            fclose(file) != 0) {
            perror(path);
            exit(EXIT_FAILURE);
        }
    }
}

#define WRITE(directory, corpus)                                                                   \
    write_seeds((directory), #corpus, (corpus), sizeof(corpus) / sizeof((corpus)[0]))

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: make_seeds DIRECTORY\n");
        return 2;
    }
    WRITE(argv[1], attach);
    WRITE(argv[1], splitter);
    WRITE(argv[1], quantities);
    return EXIT_SUCCESS;
}
