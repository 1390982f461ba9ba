# SPDX-License-Identifier: MIT
# The program streamx-nats, where libnats is.
set(STREAMX_NATS AUTO CACHE STRING "Build streamx-nats: ON, OFF, or AUTO (where libnats is)")
set_property(CACHE STREAMX_NATS PROPERTY STRINGS AUTO ON OFF)

set(streamx_nats_found FALSE)
if(STREAMX_NATS)
    pkg_check_modules(NATS IMPORTED_TARGET GLOBAL libnats>=3.4)
    pkg_check_modules(CRYPTO IMPORTED_TARGET GLOBAL libcrypto)
    if(NATS_FOUND AND CRYPTO_FOUND)
        set(streamx_nats_found TRUE)
    elseif(NOT STREAMX_NATS STREQUAL "AUTO")
        message(FATAL_ERROR "STREAMX_NATS is ON, but libnats or libcrypto was not found")
    endif()
endif()
if(NOT streamx_nats_found)
    return()
endif()

# What the unit tests link too.
add_library(streamx_cli_nats STATIC
    nats/bridge.c
    nats/consumer.c
    nats/failure.c
    nats/in.c
    nats/in_ack.c
    nats/in_create.c
    nats/in_end.c
    nats/in_outcome.c
    nats/in_parts.c
    nats/in_pull.c
    nats/in_put.c
    nats/kind.c
    nats/ledger.c
    nats/link.c
    nats/mailbox.c
    nats/message_id.c
    nats/nkey.c
    nats/option_values.c
    nats/options.c
    nats/out.c
    nats/out_send.c
    nats/out_stream.c
    nats/server.c
    nats/stream.c
    nats/wait.c
    nats/window.c
)
target_link_libraries(streamx_cli_nats
    PUBLIC streamx_cli PkgConfig::NATS PkgConfig::JANSSON PkgConfig::CRYPTO
    PRIVATE streamx_flags)
add_executable(streamx-nats nats/nats.c)
target_link_libraries(streamx-nats PRIVATE streamx_cli_nats streamx_flags)

install(TARGETS streamx-nats RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT nats)
install(FILES man/streamx-nats.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT nats)
install(FILES nats/README.md
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/streamx-nats COMPONENT nats)
install(FILES completions/streamx-nats.bash RENAME streamx-nats
    DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT nats)
install(FILES completions/streamx-nats.fish
    DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT nats)
install(FILES completions/_streamx-nats
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT nats)
