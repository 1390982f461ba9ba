/* SPDX-License-Identifier: MIT */
/*
 * Connecting, by libnats.
 *
 * Its own reconnecting is off: what it had buffered it sends again without knowing what was stored,
 * out of order among what is sent meanwhile. The ring is our buffer, and the server tells how far
 * it came.
 *
 * A tls:// address alone does not make the library insist on TLS. So one such address in the list,
 * or one option about certificates, makes it a condition for all of the list.
 */
#include "nats/server.h"

#include "nats/nkey.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DEFAULT_URL "nats://127.0.0.1:4222"
#define CONNECT_MS 3000
#define WRITE_MS 3000
#define PING_MS 5000
#define PINGS_OUT 2
#define LOGINS 3
#define BUFFER_BYTES (256 * 1024)
#define PENDING_MAX (INT_MAX / 1024) /* the library multiplies it by that */

static bool is_scheme(const char *url, size_t len)
{
    return (len == 4 && memcmp(url, "nats", 4) == 0) || (len == 3 && memcmp(url, "tls", 3) == 0);
}

/* Adds the host to what is shown: without the scheme, and without user and password. */
static void show(struct bridge_server_options *options, const char *url, size_t len)
{
    size_t used = strlen(options->shown), start = 0;

    for (size_t i = 0; i < len; i++) {
        if (i + 3 <= len && memcmp(url + i, "://", 3) == 0)
            start = i + 3;
        if (url[i] == '@')
            start = i + 1;
    }
    snprintf(options->shown + used, sizeof options->shown - used, "%s%.*s", used > 0 ? ", " : "",
             (int)(len - start), url + start);
}

static bool add_one(struct bridge_server_options *options, const char *url, size_t len)
{
    const char *colon = memchr(url, ':', len);
    char *copy;

    if (len == 0 || options->url_count == BRIDGE_SERVERS_MAX)
        return false;
    if (colon && (size_t)(colon - url) + 3 <= len && memcmp(colon, "://", 3) == 0) {
        if (!is_scheme(url, (size_t)(colon - url)))
            return false;
        options->tls = options->tls || url[0] == 't';
    }
    copy = strndup(url, len);
    if (!copy)
        return false;
    options->urls[options->url_count++] = copy;
    show(options, url, len);
    return true;
}

bool bridge_server_add(struct bridge_server_options *options, const char *list)
{
    for (;;) {
        size_t len = strcspn(list, ",");

        if (!add_one(options, list, len))
            return false;
        if (list[len] == '\0')
            return true;
        list += len + 1;
    }
}

int bridge_server_password_file(struct bridge_server_options *options, const char *file)
{
    int fd = open(file, O_RDONLY | O_CLOEXEC), result;
    ssize_t got;

    if (fd < 0)
        return -errno;
    got = read(fd, options->password, sizeof options->password - 1);
    result = got < 0 ? -errno : 0;
    close(fd);
    if (result != 0)
        return result;
    options->password[got] = '\0';
    options->password[strcspn(options->password, "\r\n")] = '\0';
    if (options->password[0] == '\0' || strlen(options->password) + 1 == sizeof options->password)
        return -EINVAL;
    return 0;
}

static void secret_from(const char *variable, char secret[BRIDGE_SECRET_MAX])
{
    const char *value = getenv(variable);

    if (value && secret[0] == '\0')
        snprintf(secret, BRIDGE_SECRET_MAX, "%s", value);
}

static void file_from(const char *variable, const char **file)
{
    const char *value = getenv(variable);

    if (value && *value != '\0' && !*file)
        *file = value;
}

bool bridge_server_environment(struct bridge_server_options *options)
{
    const char *url = getenv("NATS_URL");
    bool has_user = options->user[0] != '\0';

    if (options->url_count == 0 &&
        !bridge_server_add(options, url && *url != '\0' ? url : DEFAULT_URL))
        return false;
    if (!options->creds && !options->nkey && !has_user) {
        file_from("NATS_CREDS", &options->creds);
        file_from("NATS_NKEY", &options->nkey);
        secret_from("NATS_USER", options->user);
        secret_from("NATS_TOKEN", options->token);
    }
    if (options->user[0] != '\0')
        secret_from("NATS_PASSWORD", options->password);
    file_from("NATS_CA", &options->tls_ca);
    file_from("NATS_CERT", &options->tls_cert);
    file_from("NATS_KEY", &options->tls_key);
    if (options->tls_ca || options->tls_cert)
        options->tls = true;
    return true;
}

void bridge_server_clear(struct bridge_server_options *options)
{
    for (int i = 0; i < options->url_count; i++) {
        explicit_bzero(options->urls[i], strlen(options->urls[i]));
        free(options->urls[i]);
    }
    options->url_count = 0;
    explicit_bzero(options->password, sizeof options->password);
    explicit_bzero(options->token, sizeof options->token);
}

static natsStatus set_identity(natsOptions *opts, const struct bridge_server_options *options)
{
    char public_key[BRIDGE_NKEY_TEXT];

    if (options->creds)
        return natsOptions_SetUserCredentialsFromFiles(opts, options->creds, NULL);
    if (options->nkey) {
        if (bridge_nkey_public(public_key, options->nkey) != 0)
            return NATS_INVALID_ARG;
        return natsOptions_SetNKeyFromSeed(opts, public_key, options->nkey);
    }
    if (options->user[0] != '\0')
        return natsOptions_SetUserInfo(opts, options->user, options->password);
    if (options->token[0] != '\0')
        return natsOptions_SetToken(opts, options->token);
    return NATS_OK;
}

static natsStatus set_tls(natsOptions *opts, const struct bridge_server_options *options)
{
    natsStatus s = NATS_OK;

    if (options->tls)
        s = natsOptions_SetSecure(opts, true);
    if (s == NATS_OK && options->tls_ca)
        s = natsOptions_LoadCATrustedCertificates(opts, options->tls_ca);
    if (s == NATS_OK && options->tls_cert)
        s = natsOptions_LoadCertificatesChain(
            opts, options->tls_cert, options->tls_key ? options->tls_key : options->tls_cert);
    return s;
}

static natsStatus set_running(natsOptions *opts, const char *name)
{
    natsStatus s = natsOptions_SetAllowReconnect(opts, false);

    if (s == NATS_OK)
        s = natsOptions_SetName(opts, name);
    if (s == NATS_OK)
        s = natsOptions_SetTimeout(opts, CONNECT_MS);
    if (s == NATS_OK)
        s = natsOptions_SetWriteDeadline(opts, WRITE_MS);
    if (s == NATS_OK)
        s = natsOptions_SetPingInterval(opts, PING_MS);
    if (s == NATS_OK)
        s = natsOptions_SetMaxPingsOut(opts, PINGS_OUT);
    if (s == NATS_OK)
        s = natsOptions_SetIOBufSize(opts, BUFFER_BYTES);
    if (s == NATS_OK)
        s = natsOptions_SetMaxPendingMsgs(opts, PENDING_MAX);
    return s;
}

static natsStatus set_all(natsOptions *opts, const struct bridge_server_options *options,
                          const char *name)
{
    natsStatus s =
        natsOptions_SetServers(opts, (const char **)(uintptr_t)options->urls, options->url_count);

    if (s == NATS_OK)
        s = set_identity(opts, options);
    if (s == NATS_OK)
        s = set_tls(opts, options);
    if (s == NATS_OK)
        s = set_running(opts, name);
    return s;
}

/* What cannot become better by itself: files that cannot be read, addresses that are none. */
static enum bridge_failure_kind options_failed(const struct bridge_server_options *options,
                                               natsStatus s, struct bridge_failure *failure)
{
    if (options->nkey && s == NATS_INVALID_ARG)
        return bridge_failure_set(failure, BRIDGE_FAILURE_REFUSED,
                                  "%s: no seed of a user's NKEY can be read", options->nkey);
    bridge_failure_of(failure, "cannot prepare the connection", s, 0);
    return failure->kind = s == NATS_SSL_ERROR ? BRIDGE_FAILURE_REFUSED : BRIDGE_FAILURE_SYSTEM;
}

/*
 * Of the signatures that libnats makes, one in some hundred is refused although the seed is right
 * (seen with 3.4.1: 3 in 400). Each attempt signs something else; so a refusal is believed when it
 * comes several times in a row.
 */
static natsStatus connect_to_any(natsConnection **nc, natsOptions *opts, bool signs)
{
    int left = signs ? LOGINS : 1;
    natsStatus s;

    do
        s = natsConnection_Connect(nc, opts);
    while (s == NATS_CONNECTION_AUTH_FAILED && --left > 0);
    return s;
}

enum bridge_failure_kind bridge_server_connect(natsConnection **nc,
                                               const struct bridge_server_options *options,
                                               const char *name, struct bridge_mailbox *mailbox,
                                               struct bridge_failure *failure)
{
    natsOptions *opts = NULL;
    natsStatus s = natsOptions_Create(&opts);

    if (s == NATS_OK)
        s = set_all(opts, options, name);
    if (s != NATS_OK) {
        natsOptions_Destroy(opts);
        return options_failed(options, s, failure);
    }
    s = natsOptions_SetClosedCB(opts, bridge_mailbox_closed, bridge_mailbox_hold(mailbox));
    if (s == NATS_OK)
        s = natsOptions_SetErrorHandler(opts, bridge_mailbox_error, mailbox);
    if (s == NATS_OK)
        s = connect_to_any(nc, opts, options->creds || options->nkey);
    natsOptions_Destroy(opts);
    if (s == NATS_OK)
        return failure->kind = BRIDGE_FAILURE_NONE;
    bridge_mailbox_drop(mailbox); /* a connection that was never made does not call back */
    bridge_failure_of(failure, NULL, s, 0);
    /* it may also have been killed just then, so that this is not taken for a refusal */
    if (s == NATS_PROTOCOL_ERROR && options->tls && !options->tls_cert)
        bridge_failure_set(failure, failure->kind,
                           "it ends the connection after the TLS handshake; it may want a "
                           "certificate (--tlscert)");
    return failure->kind;
}
