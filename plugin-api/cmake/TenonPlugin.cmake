# tenon_add_plugin(NAME SOURCES file… [LIBRARIES target…])
#
# Builds NAME.so: one exported function, no STB_GNU_UNIQUE symbol (dlclose would keep the library mapped), every symbol
# resolved at link time.
set(TENON_PLUGIN_MAP ${CMAKE_CURRENT_LIST_DIR}/plugin.map CACHE INTERNAL "")

function(tenon_add_plugin NAME)
  cmake_parse_arguments(PARSE_ARGV 1 PLUGIN "" "" "SOURCES;LIBRARIES")
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
endfunction()
