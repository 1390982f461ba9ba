# SPDX-License-Identifier: MIT
# `cpack -G DEB` in the build directory makes the packages that Debian has of a library with
# programs: libstreamx0, libstreamx-dev and streamx; and python3-streamx and streamx-nats if these
# were built. With -DCMAKE_INSTALL_PREFIX=/usr the library lies where Debian has it, so that several
# architectures can be installed side by side.
install(FILES ${PROJECT_SOURCE_DIR}/README.md ${PROJECT_SOURCE_DIR}/CHANGELOG.md
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/streamx COMPONENT programs)
install(DIRECTORY ${PROJECT_SOURCE_DIR}/cli/pictures
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/streamx/cli COMPONENT programs)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/streamx COMPONENT programs)
# In packages only: each of them says under which licence it is, and what has changed.
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libstreamx0 COMPONENT library EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/libstreamx-dev COMPONENT development EXCLUDE_FROM_ALL)
install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/python3-streamx COMPONENT python EXCLUDE_FROM_ALL)
set(debian_directory ${CMAKE_CURRENT_BINARY_DIR}/debian)
configure_file(${PROJECT_SOURCE_DIR}/CHANGELOG.md ${debian_directory}/changelog COPYONLY)
execute_process(COMMAND gzip -9nfk ${debian_directory}/changelog) # or cpack misses it
foreach(component IN ITEMS library:libstreamx0 development:libstreamx-dev programs:streamx
        python:python3-streamx)
    string(REGEX MATCH "^(.*):(.*)$" matched ${component})
    install(FILES ${debian_directory}/changelog.gz
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CMAKE_MATCH_2}
        COMPONENT ${CMAKE_MATCH_1} EXCLUDE_FROM_ALL)
endforeach()
file(WRITE ${debian_directory}/triggers "activate-noawait ldconfig\n")

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME streamx)
set(CPACK_PACKAGE_VERSION ${PROJECT_VERSION})
# Who makes the packages: as Debian's own tools are told.
set(maintainer "$ENV{DEBFULLNAME}")
if(NOT maintainer)
    set(maintainer "streamx maintainers")
endif()
set(address "$ENV{DEBEMAIL}")
if(NOT address)
    cmake_host_system_information(RESULT host QUERY FQDN)
    set(address "root@${host}")
endif()
set(CPACK_PACKAGE_CONTACT "${maintainer} <${address}>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY ${PROJECT_DESCRIPTION})
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_COMPONENTS_ALL library development programs)
if(TARGET streamx_python)
    list(APPEND CPACK_COMPONENTS_ALL python)
endif()
set(CPACK_COMPONENTS_GROUPING IGNORE) # one package each
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_PRE_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${CMAKE_CURRENT_LIST_DIR}/debian.cmake)

set(deb_version ${PROJECT_VERSION}-${CPACK_DEBIAN_PACKAGE_RELEASE})
set(deb_description "One process puts messages in; any number of processes get every one of\n\
them, in order, through shared memory.")

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libstreamx0) # the number of the soname
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_CONTROL_EXTRA ${debian_directory}/triggers)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SHLIBDEPS ON) # by dpkg-shlibdeps
set(CPACK_COMPONENT_LIBRARY_DESCRIPTION
    "${deb_description}\n\
This package holds the shared library.")

set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libstreamx-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libstreamx0 (= ${deb_version}), libc6-dev")
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SUGGESTS "streamx, liburing-dev")
set(CPACK_COMPONENT_DEVELOPMENT_DESCRIPTION
    "${deb_description}\n\
This package holds what is needed to build with the library, and its manual pages.")

set(CPACK_DEBIAN_PROGRAMS_PACKAGE_NAME streamx)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SECTION utils)
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_DEPENDS "libstreamx0 (= ${deb_version})")
set(CPACK_DEBIAN_PROGRAMS_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS ${CMAKE_CURRENT_BINARY_DIR}/lib) # libstreamx0's own
set(CPACK_COMPONENT_PROGRAMS_DESCRIPTION
    "${deb_description}\n\
This package holds the programs: streamx-pub publishes, streamx-sub subscribes,\n\
streamx looks and tidies up.")

# Apart from the others, because of what it depends on.
if(TARGET streamx-nats)
    install(FILES ${debian_directory}/changelog.gz
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/streamx-nats COMPONENT nats EXCLUDE_FROM_ALL)
    install(FILES ${PROJECT_SOURCE_DIR}/LICENSE RENAME copyright
        DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/streamx-nats COMPONENT nats EXCLUDE_FROM_ALL)
    list(APPEND CPACK_COMPONENTS_ALL nats)
    set(CPACK_DEBIAN_NATS_PACKAGE_NAME streamx-nats)
    set(CPACK_DEBIAN_NATS_PACKAGE_SECTION net)
    set(CPACK_DEBIAN_NATS_PACKAGE_DEPENDS "libstreamx0 (= ${deb_version})")
    set(CPACK_DEBIAN_NATS_PACKAGE_SUGGESTS "streamx, nats-server")
    set(CPACK_DEBIAN_NATS_PACKAGE_SHLIBDEPS ON)
    set(CPACK_COMPONENT_NATS_DESCRIPTION
        "${deb_description}\n\
This package holds streamx-nats, which carries streams to other machines, through\n\
NATS JetStream.")
endif()

set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-streamx)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS "libstreamx0 (= ${deb_version}), python3 (>= 3.11)")
set(CPACK_DEBIAN_PYTHON_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS "python3-numpy")
set(CPACK_DEBIAN_PYTHON_PACKAGE_CONTROL_EXTRA
    ${PROJECT_SOURCE_DIR}/lib/python/debian/postinst ${PROJECT_SOURCE_DIR}/lib/python/debian/prerm)
set(CPACK_COMPONENT_PYTHON_DESCRIPTION
    "${deb_description}\n\
This package holds the library for Python 3.")
include(CPack)
