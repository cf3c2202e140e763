#pragma once

#include <sqlite3.h>

#include <cstddef>

/// For a VFS of a test: what SQLite takes for its file stands in front of the real one, which lies behind it in the
/// same memory and gets every call that the test does not catch.
namespace tenon::test {

/// Room for the front.
inline constexpr std::size_t kFrontSize = 64;

[[nodiscard]] inline sqlite3_file* real_file(sqlite3_file* front) {
  return reinterpret_cast<sqlite3_file*>(reinterpret_cast<char*>(front) + kFrontSize);
}

/// Calls the real file's method.
template <auto kMethod, class... A>
int pass(sqlite3_file* front, A... arguments) {
  sqlite3_file* real = real_file(front);
  return (real->pMethods->*kMethod)(real, arguments...);
}

/// Methods that all go to the real file: without mapped memory, which would be written to unseen.
[[nodiscard]] inline sqlite3_io_methods passing_methods() {
  using M = sqlite3_io_methods;
  return {.iVersion = 2,
          .xClose = pass<&M::xClose>,
          .xRead = pass<&M::xRead, void*, int, sqlite3_int64>,
          .xWrite = pass<&M::xWrite, const void*, int, sqlite3_int64>,
          .xTruncate = pass<&M::xTruncate, sqlite3_int64>,
          .xSync = pass<&M::xSync, int>,
          .xFileSize = pass<&M::xFileSize, sqlite3_int64*>,
          .xLock = pass<&M::xLock, int>,
          .xUnlock = pass<&M::xUnlock, int>,
          .xCheckReservedLock = pass<&M::xCheckReservedLock, int*>,
          .xFileControl = pass<&M::xFileControl, int, void*>,
          .xSectorSize = pass<&M::xSectorSize>,
          .xDeviceCharacteristics = pass<&M::xDeviceCharacteristics>,
          .xShmMap = pass<&M::xShmMap, int, int, int, void volatile**>,
          .xShmLock = pass<&M::xShmLock, int, int, int>,
          .xShmBarrier = [](sqlite3_file* front) { real_file(front)->pMethods->xShmBarrier(real_file(front)); },
          .xShmUnmap = pass<&M::xShmUnmap, int>,
          .xFetch = nullptr,
          .xUnfetch = nullptr};
}

}  // namespace tenon::test
