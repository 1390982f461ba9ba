/* SPDX-License-Identifier: MIT */
/* Sorts what libnats and JetStream say into the few kinds that a bridge acts upon. */
#include "nats/failure.h"

#include "common/exit_status.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum bridge_failure_kind bridge_failure_set(struct bridge_failure *failure,
                                            enum bridge_failure_kind kind, const char *format, ...)
{
    va_list arguments;

    va_start(arguments, format);
    vsnprintf(failure->text, sizeof failure->text, format, arguments);
    va_end(arguments);
    failure->kind = kind;
    return kind;
}

static enum bridge_failure_kind kind_of_code(jsErrCode code)
{
    switch (code) {
    case JSStreamNotFoundErr:
    case JSConsumerNotFoundErr:
    case JSNoMessageFoundErr:
        return BRIDGE_FAILURE_ABSENT;
    case JSNotEnabledErr:
    case JSNotEnabledForAccountErr:
        return BRIDGE_FAILURE_REFUSED;
    case JSStreamNameExistErr:
    case JSStreamSubjectOverlapErr:
    case JSStreamInvalidConfig:
    case JSStreamReplicasNotSupportedErr:
    case JSStreamMaxBytesRequiredErr:
    case JSConsumerBadDurableNameErr:
    case JSConsumerFilterNotSubsetErr:
    case JSConsumerWQMultipleUnfilteredErr:
    case JSConsumerWQConsumerNotUniqueErr:
    case JSConsumerWQConsumerNotDeliverAllErr:
        return BRIDGE_FAILURE_UNFIT;
    default:
        return BRIDGE_FAILURE_PASSING;
    }
}

static enum bridge_failure_kind kind_of_status(natsStatus status)
{
    switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
    case NATS_SSL_ERROR:
    case NATS_SECURE_CONNECTION_WANTED:
    case NATS_SECURE_CONNECTION_REQUIRED:
        return BRIDGE_FAILURE_REFUSED;
    case NATS_NOT_FOUND:
        return BRIDGE_FAILURE_ABSENT;
    case NATS_NO_MEMORY:
    case NATS_INVALID_ARG:
    case NATS_INVALID_SUBJECT:
    case NATS_ADDRESS_MISSING:
        return BRIDGE_FAILURE_SYSTEM;
    default:
        return BRIDGE_FAILURE_PASSING;
    }
}

/* The library begins with its own file and line. */
static const char *without_place(const char *text)
{
    const char *end = text && text[0] == '(' ? strstr(text, "): ") : NULL;

    return end ? end + 3 : text;
}

enum bridge_failure_kind bridge_failure_of(struct bridge_failure *failure, const char *what,
                                           natsStatus status, jsErrCode code)
{
    const char *detail = without_place(nats_GetLastError(NULL));
    enum bridge_failure_kind kind = code != 0 ? kind_of_code(code) : kind_of_status(status);

    if (!detail || *detail == '\0')
        detail = natsStatus_GetText(status);
    if (code != 0)
        return bridge_failure_set(failure, kind, "%s: %s (%d)", what, detail, (int)code);
    if (!what)
        return bridge_failure_set(failure, kind, "%s", detail);
    return bridge_failure_set(failure, kind, "%s: %s", what, detail);
}

int bridge_failure_status(enum bridge_failure_kind kind)
{
    switch (kind) {
    case BRIDGE_FAILURE_NONE:
        return CLI_STATUS_DONE;
    case BRIDGE_FAILURE_PASSING:
    case BRIDGE_FAILURE_ABSENT:
        return CLI_STATUS_ABSENT;
    case BRIDGE_FAILURE_REFUSED:
        return CLI_STATUS_PERMISSION;
    case BRIDGE_FAILURE_UNFIT:
        return CLI_STATUS_CREATE;
    case BRIDGE_FAILURE_SYSTEM:
        break;
    }
    return CLI_STATUS_FAILED;
}
