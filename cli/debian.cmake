# SPDX-License-Identifier: MIT
# What CPack leaves to be done for Debian's policy; run by it twice (see packaging.cmake): when the
# files of the packages lie in their places, and when the packages are made.

# Manual pages are compressed, without a time in them.
if(NOT CPACK_PACKAGE_FILES)
    file(GLOB_RECURSE pages ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*.[1-8])
    list(FILTER pages INCLUDE REGEX /man/man[1-8]/)
    foreach(page IN LISTS pages)
        execute_process(COMMAND gzip -9n ${page} COMMAND_ERROR_IS_FATAL ANY)
    endforeach()
    return()
endif()

# The trigger has ldconfig called; the scripts that CPack adds for that would do it once more. And
# the libraries of two architectures can be there at a time.
foreach(package IN LISTS CPACK_PACKAGE_FILES)
    set(unpacked ${CPACK_TOPLEVEL_DIRECTORY}/unpacked)
    file(REMOVE_RECURSE ${unpacked})
    execute_process(COMMAND dpkg-deb -R ${package} ${unpacked} COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE ${unpacked}/DEBIAN/postinst ${unpacked}/DEBIAN/postrm)
    file(READ ${unpacked}/DEBIAN/control control)
    if(control MATCHES "Package: lib")
        set(multi_arch same)
    else()
        set(multi_arch foreign)
    endif()
    string(REPLACE "\nVersion:" "\nMulti-Arch: ${multi_arch}\nVersion:" control "${control}")
    file(WRITE ${unpacked}/DEBIAN/control "${control}")
    execute_process(COMMAND dpkg-deb --root-owner-group -b ${unpacked} ${package}
        OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
    file(REMOVE_RECURSE ${unpacked})
endforeach()
