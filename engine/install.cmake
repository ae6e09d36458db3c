# What `cmake --install` puts where Debian users expect it, and librunbook: all rooms below the command line in one
# static archive.
get_property(rooms GLOBAL PROPERTY RBK_ROOMS)
set(objects ${rooms})
list(TRANSFORM objects REPLACE "(.+)" "$<TARGET_OBJECTS:\\1>")
add_library(librunbook STATIC ${objects})
set_target_properties(librunbook PROPERTIES OUTPUT_NAME runbook LINKER_LANGUAGE C)

# The folders are found from the place of the file, so that an installation can be moved.
file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
configure_file(${CMAKE_SOURCE_DIR}/engine/runbook.pc.in ${CMAKE_BINARY_DIR}/runbook.pc @ONLY)

install(TARGETS runbook RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS rbk_net_module LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}/runbook)
install(TARGETS librunbook ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(FILES ${CMAKE_BINARY_DIR}/runbook.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/include/runbook DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY ${CMAKE_SOURCE_DIR}/runbooks DESTINATION ${CMAKE_INSTALL_DATADIR}/runbook)
install(DIRECTORY ${CMAKE_SOURCE_DIR}/stdlib/meta DESTINATION ${CMAKE_INSTALL_DATADIR}/runbook/stdlib)
install(FILES ${CMAKE_SOURCE_DIR}/docs/runbook.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)

# The program writes its own completions.
set(completions ${CMAKE_BINARY_DIR}/completions)
file(MAKE_DIRECTORY ${completions})
foreach(shell bash zsh fish)
  add_custom_command(
    OUTPUT ${completions}/runbook.${shell}
    COMMAND runbook completion ${shell} > ${completions}/runbook.${shell}
    DEPENDS runbook
    COMMENT "Writing the completion for ${shell}")
  list(APPEND completion_files ${completions}/runbook.${shell})
endforeach()
add_custom_target(completions ALL DEPENDS ${completion_files})

# Debian's zsh reads vendor-completions below /usr, and site-functions below /usr/local.
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(zsh_completions zsh/vendor-completions)
else()
  set(zsh_completions zsh/site-functions)
endif()
install(FILES ${completions}/runbook.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME runbook)
install(FILES ${completions}/runbook.zsh DESTINATION ${CMAKE_INSTALL_DATADIR}/${zsh_completions} RENAME _runbook)
install(FILES ${completions}/runbook.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
