#pragma once

#include <tenon/error.h>

#include <chrono>
#include <string>
#include <vector>

namespace storage {

/// Runs a program and waits until it has ended. `arguments[0]` is the program, looked up in PATH if it has no slash;
/// there is no shell, so nothing in the arguments needs quoting. It has an empty stdin, the locale C, a process group
/// of its own, and none of this process's blocked or ignored signals. Any thread; blocks.
///
/// Returns its stdout, of which the first 64 KiB are kept. Errors: STORAGE.1101 it can't be started; STORAGE.1102 it
/// ended with another code than 0, or by a signal: with what it said on stderr; STORAGE.1103 it took longer than
/// `limit` and was killed, with the processes that it started.
[[nodiscard]] tenon::Result<std::string> run_command(const std::vector<std::string>& arguments,
                                                     std::chrono::milliseconds limit);

}  // namespace storage
