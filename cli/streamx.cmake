# SPDX-License-Identifier: MIT
# The program `streamx`: looks at streams, and tidies them up.
pkg_check_modules(NCURSES REQUIRED IMPORTED_TARGET ncursesw)

add_executable(streamx-tool
    tool/streamx.c
    tool/blame.c
    tool/doctor.c
    tool/fan.c
    tool/fan_children.c
    tool/fan_options.c
    tool/inspect.c
    tool/json.c
    tool/look.c
    tool/machine.c
    tool/options.c
    tool/outcome.c
    tool/page.c
    tool/pipe.c
    tool/process.c
    tool/remove.c
    tool/screen.c
    tool/show.c
    tool/table.c
    tool/top.c
)
set_target_properties(streamx-tool PROPERTIES OUTPUT_NAME streamx)
target_link_libraries(streamx-tool PRIVATE
    streamx_cli_pub streamx_cli_sub streamx_flags PkgConfig::NCURSES)
install(TARGETS streamx-tool RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR} COMPONENT programs)
install(FILES man/streamx.1 man/streamx-pub.1 man/streamx-sub.1
    DESTINATION ${CMAKE_INSTALL_MANDIR}/man1 COMPONENT programs)

# Shells look for a completion by the command's name.
foreach(program IN ITEMS streamx streamx-pub streamx-sub)
    install(FILES completions/streamx.bash RENAME ${program}
        DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions COMPONENT programs)
    install(FILES completions/streamx.fish RENAME ${program}.fish
        DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d COMPONENT programs)
endforeach()
install(FILES completions/_streamx
    DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions COMPONENT programs)
