#pragma once

#include <tenon/error.h>

#include <string>

/// The errors of this plugin. `where`: the URL of the export or of a file in it.
namespace nfs {

/// The server says no, or can't be found: asking again won't help.
inline tenon::ErrorCode unusable(const std::string& where, const std::string& reason) {
  return tenon::make_error("NFS.1002", "the export can't be used", where + ": " + reason);
}
/// Whether the server has carried out what it was asked for is not known.
inline tenon::ErrorCode no_answer(const std::string& where, const std::string& reason) {
  return tenon::make_error("NFS.1003", "the NFS server does not answer in time", where + ": " + reason);
}
inline tenon::ErrorCode unreachable(const std::string& where, const std::string& reason) {
  return tenon::make_error("NFS.1004", "the NFS server can't be reached", where + ": " + reason);
}
inline tenon::ErrorCode bad_file(const std::string& where, const std::string& reason) {
  return tenon::make_error("NFS.1005", "a volume's file can't be handled", where + ": " + reason);
}

}  // namespace nfs
