/* SPDX-License-Identifier: MIT */
/*
 * An NKEY is base32 over: the kind of key (for a seed, two bytes that also say whose it is), 32
 * bytes of Ed25519, and a CRC-16 of all that. The seed's bytes are wiped before they are let go.
 */
#include "nats/nkey.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

#define KEY_BYTES 32u
#define CRC_BYTES 2u
#define SEED_CHARACTERS 58u
#define SEED_BYTES (2u + KEY_BYTES + CRC_BYTES)
#define PUBLIC_BYTES (1u + KEY_BYTES + CRC_BYTES)
#define PREFIX_SEED (18u << 3) /* 'S' */
#define PREFIX_USER (20u << 3) /* 'U' */

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/* CRC-16/XMODEM. */
static uint16_t crc(const uint8_t *bytes, size_t len)
{
    unsigned sum = 0;

    for (size_t i = 0; i < len; i++) {
        sum ^= (unsigned)bytes[i] << 8;
        for (int bit = 0; bit < 8; bit++)
            sum = (sum & 0x8000u) != 0 ? (sum << 1 ^ 0x1021u) & 0xffffu : sum << 1;
    }
    return (uint16_t)sum;
}

/* False if the text is not base32 of exactly so many bytes. */
static bool decode(uint8_t *bytes, size_t len, const char *text)
{
    unsigned held = 0, bits = 0;
    size_t used = 0;

    for (; *text != '\0'; text++) {
        const char *digit = strchr(alphabet, *text);

        if (!digit)
            return false;
        held = (held << 5 | (unsigned)(digit - alphabet)) & 0xffffu;
        bits += 5;
        if (bits >= 8 && used < len)
            bytes[used++] = (uint8_t)(held >> (bits -= 8));
    }
    return used == len;
}

static void encode(char *text, const uint8_t *bytes, size_t len)
{
    unsigned held = 0, bits = 0;

    for (size_t i = 0; i < len; i++) {
        held = (held << 8 | bytes[i]) & 0xffffu;
        for (bits += 8; bits >= 5; bits -= 5)
            *text++ = alphabet[held >> (bits - 5) & 31u];
    }
    if (bits > 0)
        *text++ = alphabet[held << (5 - bits) & 31u];
    *text = '\0';
}

static bool derive(uint8_t public_key[KEY_BYTES], const uint8_t seed[KEY_BYTES])
{
    size_t len = KEY_BYTES;
    EVP_PKEY *pair = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, KEY_BYTES);
    bool good = pair && EVP_PKEY_get_raw_public_key(pair, public_key, &len) == 1;

    EVP_PKEY_free(pair);
    return good;
}

static bool is_user_seed(const uint8_t bytes[SEED_BYTES])
{
    uint16_t sum = crc(bytes, SEED_BYTES - CRC_BYTES);

    return (bytes[0] & 0xf8u) == PREFIX_SEED &&
           (((bytes[0] & 7u) << 5) | bytes[1] >> 3) == PREFIX_USER &&
           bytes[SEED_BYTES - 2] == (sum & 0xffu) && bytes[SEED_BYTES - 1] == sum >> 8;
}

static int from_seed(char public_key[BRIDGE_NKEY_TEXT], const char *seed_text)
{
    uint8_t seed[SEED_BYTES], bytes[PUBLIC_BYTES] = {PREFIX_USER};
    bool good =
        decode(seed, sizeof seed, seed_text) && is_user_seed(seed) && derive(bytes + 1, seed + 2);
    uint16_t sum = crc(bytes, PUBLIC_BYTES - CRC_BYTES);

    OPENSSL_cleanse(seed, sizeof seed);
    bytes[PUBLIC_BYTES - 2] = (uint8_t)(sum & 0xffu);
    bytes[PUBLIC_BYTES - 1] = (uint8_t)(sum >> 8);
    encode(public_key, bytes, sizeof bytes);
    return good ? 0 : -EINVAL;
}

/* The seed is the first word of that length in the file that starts as one; comments may surround
 * it. */
static int find_seed(char seed[SEED_CHARACTERS + 1], const char *text)
{
    while (*text != '\0') {
        size_t len = 0;

        while (isalnum((unsigned char)text[len]))
            len++;
        if (len == SEED_CHARACTERS && text[0] == 'S') {
            memcpy(seed, text, len);
            seed[len] = '\0';
            return 0;
        }
        text += len;
        if (*text != '\0')
            text++;
    }
    return -EINVAL;
}

int bridge_nkey_public(char public_key[BRIDGE_NKEY_TEXT], const char *seed_file)
{
    char text[4096], seed[SEED_CHARACTERS + 1];
    int fd = open(seed_file, O_RDONLY | O_CLOEXEC), result;
    ssize_t got;

    if (fd < 0)
        return -errno;
    got = read(fd, text, sizeof text - 1);
    result = got < 0 ? -errno : 0;
    close(fd);
    if (result == 0) {
        text[got] = '\0';
        result = find_seed(seed, text);
    }
    if (result == 0)
        result = from_seed(public_key, seed);
    OPENSSL_cleanse(text, sizeof text);
    OPENSSL_cleanse(seed, sizeof seed);
    return result;
}
