# cmake --install puts the six tools, the engine plugins, the configs, man pages and completions in place.
# Man pages and completions are printed by the tools themselves, from the definitions that --help uses.
get_property(tools GLOBAL PROPERTY DS_TOOLS)
set(generated ${PROJECT_BINARY_DIR}/generated)
set(outputs)
foreach(tool IN LISTS tools)
  install(TARGETS ${tool} RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  add_custom_command(
    OUTPUT ${generated}/${tool}.1 ${generated}/${tool}.bash ${generated}/_${tool} ${generated}/${tool}.fish
    COMMAND ${CMAKE_COMMAND} -E make_directory ${generated}
    COMMAND ${tool} --generate man > ${generated}/${tool}.1
    COMMAND ${tool} --generate bash > ${generated}/${tool}.bash
    COMMAND ${tool} --generate zsh > ${generated}/_${tool}
    COMMAND ${tool} --generate fish > ${generated}/${tool}.fish
    DEPENDS ${tool} VERBATIM)
  list(APPEND outputs ${generated}/${tool}.1)
  install(FILES ${generated}/${tool}.1 DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
  install(FILES ${generated}/${tool}.bash DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions RENAME ${tool})
  install(FILES ${generated}/_${tool} DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${generated}/${tool}.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endforeach()
# All that is installed, and none of the tests.
get_property(plugins GLOBAL PROPERTY DS_PLUGINS)
add_custom_target(tools DEPENDS ${tools} ${plugins})
add_custom_target(ds_documentation ALL DEPENDS ${outputs})
install(DIRECTORY configs/ DESTINATION ${CMAKE_INSTALL_DATADIR}/ds/configs)
install(FILES LICENSE README.md CHANGELOG.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
