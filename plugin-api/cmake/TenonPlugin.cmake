# tenon_add_plugin(NAME SOURCES file… [LIBRARIES target…] [DESCRIPTOR file.xml|NONE])
#
# Builds NAME.so: one exported function, no STB_GNU_UNIQUE symbol (dlclose would keep the library mapped), every symbol
# resolved at link time. Checks after the link that it is so (tenon_check_plugin).
#
# DESCRIPTOR: NAME.xml in the current source folder, if it is there.
set(TENON_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map CACHE INTERNAL "")
set(TENON_CHECK_PLUGIN ${CMAKE_CURRENT_LIST_DIR}/TenonCheckPlugin.cmake CACHE INTERNAL "")
function(tenon_add_plugin NAME)
  cmake_parse_arguments(PARSE_ARGV 1 PLUGIN "" "DESCRIPTOR" "SOURCES;LIBRARIES")
  set(target tenon_plugin_${NAME})
  add_library(${target} MODULE ${PLUGIN_SOURCES})
  set_target_properties(${target} PROPERTIES
    PREFIX "" OUTPUT_NAME ${NAME} LINK_DEPENDS ${TENON_PLUGIN_MAP}
    CXX_VISIBILITY_PRESET hidden VISIBILITY_INLINES_HIDDEN ON POSITION_INDEPENDENT_CODE ON)
  target_compile_features(${target} PRIVATE cxx_std_20)
  target_compile_options(${target} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-fno-gnu-unique>)
  target_link_libraries(${target} PRIVATE Tenon::plugin_api ${PLUGIN_LIBRARIES})
  target_link_options(${target} PRIVATE -Wl,--version-script=${TENON_PLUGIN_MAP})
  if(NOT TENON_SANITIZE)
    target_link_options(${target} PRIVATE -Wl,-z,defs)
  endif()
  if(NOT PLUGIN_DESCRIPTOR AND EXISTS ${CMAKE_CURRENT_SOURCE_DIR}/${NAME}.xml)
    set(PLUGIN_DESCRIPTOR ${NAME}.xml)
  endif()
  tenon_check_plugin(${target} DESCRIPTOR ${PLUGIN_DESCRIPTOR})
endfunction()

# tenon_check_plugin(TARGET [DESCRIPTOR file.xml|NONE])
#
# For a plugin that is built by rules of its own: after each link its symbols are checked, with readelf, and its
# descriptor, by the installed tenond (TENON_TENOND; empty: not at all). That must find the plugins that it requires:
# for those that are not installed, TENON_VERIFY_OPTIONS, a list, says where (--set;tenon.plugins=FOLDER:FOLDER).
function(tenon_check_plugin TARGET)
  cmake_parse_arguments(PARSE_ARGV 1 CHECK "" "DESCRIPTOR" "")
  if(NOT CMAKE_READELF)
    message(FATAL_ERROR "tenon_check_plugin needs readelf, of the package binutils")
  endif()
  set_property(TARGET ${TARGET} APPEND PROPERTY LINK_DEPENDS ${TENON_CHECK_PLUGIN})
  set(descriptor "")
  if(CHECK_DESCRIPTOR AND NOT CHECK_DESCRIPTOR STREQUAL "NONE" AND TENON_TENOND AND NOT CMAKE_CROSSCOMPILING)
    cmake_path(ABSOLUTE_PATH CHECK_DESCRIPTOR)
    set_property(TARGET ${TARGET} APPEND PROPERTY LINK_DEPENDS ${CHECK_DESCRIPTOR})
    set(descriptor -DTENOND=${TENON_TENOND} -DDESCRIPTOR=${CHECK_DESCRIPTOR} "-DOPTIONS=${TENON_VERIFY_OPTIONS}")
  endif()
  add_custom_command(TARGET ${TARGET} POST_BUILD
    COMMAND ${CMAKE_COMMAND} -DFILE=$<TARGET_FILE:${TARGET}> -DREADELF=${CMAKE_READELF} ${descriptor}
      -P ${TENON_CHECK_PLUGIN}
    VERBATIM)
endfunction()

# tenon_add_verify_test(NAME [DESCRIPTOR file.xml] [ROUNDS n])
#
# A ctest for a plugin of tenon_add_plugin: the installed tenond loads and unloads it again and again, with its beans and
# without, and watches what stays behind.
function(tenon_add_verify_test NAME)
  cmake_parse_arguments(PARSE_ARGV 1 VERIFY "" "DESCRIPTOR;ROUNDS" "")
  if(NOT TENON_TENOND)
    message(STATUS "no tenond is installed: no test ${NAME}_verify")
    return()
  endif()
  if(NOT VERIFY_DESCRIPTOR)
    set(VERIFY_DESCRIPTOR ${NAME}.xml)
  endif()
  cmake_path(ABSOLUTE_PATH VERIFY_DESCRIPTOR)
  set(rounds "")
  if(VERIFY_ROUNDS)
    set(rounds --rounds ${VERIFY_ROUNDS})
  endif()
  add_test(NAME ${NAME}_verify COMMAND ${TENON_TENOND} --verify $<TARGET_FILE:tenon_plugin_${NAME}>
    --descriptor ${VERIFY_DESCRIPTOR} ${rounds} ${TENON_VERIFY_OPTIONS})
endfunction()
