# Checks a plugin's library after its link: cmake -DFILE=… -DREADELF=… -P TenonCheckPlugin.cmake
# With -DTENOND=… -DDESCRIPTOR=… [-DOPTIONS=…], tenond holds it against its descriptor as well.
#
# Fails with a line for each rule that is broken: the symbol, and the remedy. A library that was refused is renamed to
# FILE.refused, so that it is neither taken for a good one nor lost for who wants to look into it.
cmake_minimum_required(VERSION 3.25)

set(entry tenon_plugin_register)
# The node's own thread-local variable, the only one that a plugin may reach by the initial-exec model.
set(lease_mark tenon_lease_mark)
cmake_path(GET FILE FILENAME name)
set(problems "")

macro(problem what remedy)
  string(APPEND problems "  ${name}: ${what}\n    remedy: ${remedy}\n")
endmacro()

# Lines of readelf's output; brackets would keep CMake from telling them apart.
function(read_lines OPTION RESULT)
  execute_process(COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C ${READELF} --wide --demangle ${OPTION} ${FILE}
    OUTPUT_VARIABLE text ERROR_VARIABLE words RESULT_VARIABLE status)
  if(status)
    message(FATAL_ERROR "${READELF} can't read ${FILE}: ${words}")
  endif()
  string(REGEX REPLACE "[][;]" " " text "${text}")
  string(REGEX MATCHALL "[^\n]+" lines "${text}")
  set(${RESULT} "${lines}" PARENT_SCOPE)
endfunction()

# `a, b, c and 4 more`
function(name_some RESULT NAMES)
  list(LENGTH NAMES count)
  list(SUBLIST NAMES 0 3 first)
  list(JOIN first ", " text)
  if(count GREATER 3)
    math(EXPR rest "${count} - 3")
    string(APPEND text " and ${rest} more")
  endif()
  set(${RESULT} "${text}" PARENT_SCOPE)
endfunction()

set(exported "")
set(unique "")
set(exit_hook "")
read_lines(--dyn-syms lines)
foreach(line IN LISTS lines)
  if(NOT line MATCHES "^ *[0-9]+: +([0-9a-f]+) +[0-9a-fx]+ +([A-Z_<>0-9:]+) +([A-Z_]+) +[A-Z]+ +(.*)$")
    continue()
  endif()
  set(binding ${CMAKE_MATCH_3})
  # What may be said of a calling convention, the section, and the name with its version.
  if(NOT CMAKE_MATCH_4 MATCHES "^(VARIANT_PCS +)?(UND|ABS|COM|[0-9]+) +(.+)$")
    continue()
  endif()
  set(section ${CMAKE_MATCH_2})
  string(REGEX REPLACE "@.*$" "" symbol "${CMAKE_MATCH_3}")
  if(section STREQUAL "UND")
    if(symbol MATCHES "^__cxa_thread_atexit")
      set(exit_hook "${symbol}")
    endif()
  elseif(binding STREQUAL "UNIQUE")
    list(APPEND unique "${symbol}")
  elseif(binding MATCHES "^(GLOBAL|WEAK)$" AND NOT symbol STREQUAL entry)
    list(APPEND exported "${symbol}")
  elseif(symbol STREQUAL entry)
    set(has_entry TRUE)
  endif()
endforeach()

read_lines(--section-headers lines)
if(lines MATCHES " \\.tenon\\.plugin +PROGBITS ")
  set(has_record TRUE)
endif()

if(NOT has_entry AND NOT has_record)
  problem("it is no plugin: neither the function ${entry} nor the section .tenon.plugin is there"
    "write one TENON_PLUGIN(…) in one of its sources")
elseif(NOT has_entry)
  problem("the function ${entry} is not exported"
    "write TENON_PLUGIN(…) instead of a record of your own, and link with plugin.map, as tenon_add_plugin does")
elseif(NOT has_record)
  problem("it has no record: the section .tenon.plugin is missing"
    "write TENON_PLUGIN(…) instead of ${entry}, and strip no section but those of debugging")
endif()

if(exported)
  name_some(some "${exported}")
  problem("it exports more than ${entry}: ${some}"
    "link with plugin.map, as tenon_add_plugin does; keep its link options")
endif()

if(unique)
  name_some(some "${unique}")
  problem("STB_GNU_UNIQUE symbol, with which dlclose would leave the library mapped: ${some}"
    "compile with -fno-gnu-unique, also what is linked into it, and link with plugin.map, as tenon_add_plugin does")
endif()

# Each of these takes from the little room for initial-exec variables that a process has: with some plugins of this
# kind, the next one would not load.
set(offsets "")
set(initial_exec "")
read_lines(--relocs lines)
foreach(line IN LISTS lines)
  if(NOT line MATCHES "R_(X86_64_TPOFF(32|64)|AARCH64_TLS_TPREL(64)?) +(.*)$")
    continue()
  endif()
  set(target "${CMAKE_MATCH_4}")
  if(target MATCHES "^[0-9a-f]+ +([^@]+).* [+] [0-9a-f]+ *$")
    string(STRIP "${CMAKE_MATCH_1}" symbol)
    string(REGEX REPLACE " [+] [0-9a-f]+$" "" symbol "${symbol}")
    if(NOT symbol STREQUAL lease_mark)
      list(APPEND initial_exec "${symbol}")
    endif()
  else()
    string(STRIP "${target}" offset)
    list(APPEND offsets "${offset}")
  endif()
endforeach()
if(NOT offsets STREQUAL "")
  # A variable of the library's own has no name there: its place among its thread-local variables tells which it is.
  read_lines(--syms lines)
  foreach(offset ${offsets})
    string(REGEX REPLACE "^0+" "" digits "${offset}")
    set(found "an unnamed one at offset ${offset}")
    foreach(line IN LISTS lines)
      if(line MATCHES "^ *[0-9]+: +0*${digits} +[0-9a-fx]+ +TLS +[A-Z]+ +[A-Z]+ +[0-9]+ +(.+)$")
        set(found "${CMAKE_MATCH_1}")
      endif()
    endforeach()
    list(APPEND initial_exec "${found}")
  endforeach()
endif()
if(initial_exec)
  list(REMOVE_DUPLICATES initial_exec)
  name_some(some "${initial_exec}")
  problem("thread-local variable of the initial-exec model: ${some}"
    "compile without -ftls-model=initial-exec (and without -fno-pic), also what is linked into it")
endif()

if(exit_hook AND NOT problems)
  message("${name}: warning: it imports ${exit_hook}: a thread_local variable with a destructor, once touched by a \
thread of the node, keeps the library mapped until that thread ends")
endif()
if(NOT problems AND TENOND)
  execute_process(COMMAND ${TENOND} --verify ${FILE} --descriptor ${DESCRIPTOR} --rounds 0 --quiet ${OPTIONS}
    OUTPUT_VARIABLE words ERROR_VARIABLE words RESULT_VARIABLE status)
  if(status)
    string(REPLACE "\n" "\n  " problems "  ${words}")
  endif()
endif()
if(problems)
  file(RENAME ${FILE} ${FILE}.refused)
  message(FATAL_ERROR "${problems}")
endif()
