include(CMakeFindDependencyMacro)
find_dependency(Threads)
include(${CMAKE_CURRENT_LIST_DIR}/TenonTargets.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/TenonPlugin.cmake)
