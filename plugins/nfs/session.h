#pragma once

#include "export_address.h"

#include <tenon/error.h>
#include <tenon/iaas/storage.h>

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct nfs_context;

namespace nfs {

/// A conversation with an NFSv3 server about one folder, with one time limit for all of it: when that is over, a call
/// that waits fails with NFS.1003, and so does each after it. Errors besides: NFS.1002 the export is refused, NFS.1004
/// the connection failed or was lost, NFS.1005 the server refuses what is asked about a file. Files are named relative
/// to the folder. One thread at a time; calls block.
///
/// libnfs's blocking calls have no limit that holds for connecting and mounting too, so only its others are used.
class Session {
 public:
  /// Connects and mounts the folder.
  static tenon::Result<std::unique_ptr<Session>> open(const ExportAddress& folder, std::chrono::milliseconds limit);
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;
  /// Ends the connection; does not wait for the server.
  ~Session();

  /// Whether files can be made, listed and removed in the folder.
  tenon::Result<void> check_access();
  tenon::Result<tenon::iaas::StorageCapacity> capacity();
  /// Whether there is a regular file of this name; NFS.1005 if there is something else.
  tenon::Result<bool> has_file(const std::string& name);
  /// Everything in the folder.
  tenon::Result<std::vector<std::string>> names();
  /// What was written to the file, by whomever, outlives a crash of the server from here on.
  tenon::Result<void> sync(const std::string& name);
  /// Gives a file one more name. False if that name is taken: it then stays as it is.
  tenon::Result<bool> link(const std::string& from, const std::string& to);
  /// False if there is no such file.
  tenon::Result<bool> remove(const std::string& name);

 private:
  using Clock = std::chrono::steady_clock;
  struct Destroy {
    void operator()(nfs_context* context) const noexcept;
  };
  /// The one request that the server has not answered yet.
  struct Request {
    bool answered = false;
    int status = 0;
    std::string complaint;
    std::function<void(void* answer)> receive;
  };

  Session(const ExportAddress& folder, std::chrono::milliseconds limit);
  tenon::Result<void> mount();
  /// Sends a request and waits for its answer; 0 or a negative errno. `send` returns what libnfs's call returned;
  /// `receive` gets the answer's data, which is gone when it returns.
  int ask(const std::function<int()>& send, std::function<void(void* answer)> receive = {});
  void wait();
  void give_up();
  void lose(std::string why);
  /// The error for the status of the last request.
  tenon::ErrorCode failure(int status, std::string_view what, const std::string& name) const;
  static void on_answer(int status, nfs_context* context, void* data, void* request);

  const ExportAddress folder_;
  const std::chrono::milliseconds limit_;
  const Clock::time_point deadline_;
  /// Outlives the context, which answers what it still has when it is destroyed.
  Request request_;
  /// Why the connection is of no use any more; empty while it is.
  std::string lost_;
  bool timed_out_ = false;
  std::unique_ptr<nfs_context, Destroy> context_;
};

}  // namespace nfs
