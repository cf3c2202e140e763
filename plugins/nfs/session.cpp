#include "session.h"

#include "errors.h"
#include "resolve.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

#include <nfsc/libnfs.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>

namespace nfs {
namespace {

using std::chrono::milliseconds;
using tenon::ErrorCode;
using tenon::Result;

/// Numbers of RPC's own failures, by libnfs: not an answer of the server's.
bool is_transport_failure(int status) { return status == -EFAULT || status == -EINTR; }

std::string path_of(const std::string& name) { return "/" + name; }

struct FreeUrl {
  void operator()(nfs_url* url) const noexcept { nfs_destroy_url(url); }
};

/// What can be set by libnfs's URLs only. Nested exports are not looked for: that would be one connection more.
bool configure(nfs_context* context, const ExportAddress& folder) {
  std::string url = "nfs://host/folder?auto-traverse-mounts=0";
  if (folder.port) {
    const std::string port = std::to_string(*folder.port);
    url += "&nfsport=" + port + "&mountport=" + port;
  }
  const std::unique_ptr<nfs_url, FreeUrl> parsed(nfs_parse_url_dir(context, url.c_str()));
  if (!parsed) return false;
  nfs_set_autoreconnect(context, 0);
  if (folder.uid) nfs_set_uid(context, static_cast<int>(*folder.uid));
  if (folder.gid) nfs_set_gid(context, static_cast<int>(*folder.gid));
  return true;
}

}  // namespace

void Session::Destroy::operator()(nfs_context* context) const noexcept { nfs_destroy_context(context); }

Session::Session(const ExportAddress& folder, milliseconds limit)
    : folder_(folder), limit_(limit), deadline_(Clock::now() + limit), context_(nfs_init_context()) {}

Session::~Session() = default;

Result<std::unique_ptr<Session>> Session::open(const ExportAddress& folder, milliseconds limit) {
  std::unique_ptr<Session> session(new Session(folder, limit));
  if (auto mounted = session->mount(); !mounted) return std::move(mounted).error();
  return session;
}

Result<void> Session::mount() {
  if (!context_ || !configure(context_.get(), folder_))
    return unusable(url_of(folder_.host, folder_.path), "out of memory");
  auto server = resolve(folder_.host, limit_);
  if (!server) return std::move(server).error();
  const int status =
      ask([&] { return nfs_mount_async(context_.get(), server->c_str(), folder_.path.c_str(), on_answer, &request_); });
  if (status < 0) return failure(status, "mount", "");
  return {};
}

Result<void> Session::check_access() {
  const int status =
      ask([&] { return nfs_access_async(context_.get(), "/", R_OK | W_OK | X_OK, on_answer, &request_); });
  if (status < 0) return failure(status, "access", "");
  return {};
}

Result<tenon::iaas::StorageCapacity> Session::capacity() {
  tenon::iaas::StorageCapacity capacity;
  const int status = ask([&] { return nfs_statvfs64_async(context_.get(), "/", on_answer, &request_); },
                         [&](void* answer) {
                           const auto* space = static_cast<const nfs_statvfs_64*>(answer);
                           capacity = {space->f_blocks * space->f_frsize, space->f_bavail * space->f_frsize};
                         });
  if (status < 0) return failure(status, "capacity", "");
  return capacity;
}

Result<bool> Session::has_file(const std::string& name) {
  bool regular = false;
  const int status = ask([&] { return nfs_lstat64_async(context_.get(), path_of(name).c_str(), on_answer, &request_); },
                         [&](void* answer) { regular = S_ISREG(static_cast<const nfs_stat_64*>(answer)->nfs_mode); });
  if (status == -ENOENT) return false;
  if (status < 0) return failure(status, "look-up", name);
  if (!regular) return bad_file(url_of(folder_, name), "it is no regular file");
  return true;
}

Result<std::vector<std::string>> Session::names() {
  std::vector<std::string> names;
  const int status = ask([&] { return nfs_opendir_async(context_.get(), "/", on_answer, &request_); },
                         [&](void* answer) {
                           auto* folder = static_cast<nfsdir*>(answer);
                           while (const nfsdirent* entry = nfs_readdir(context_.get(), folder))
                             names.emplace_back(entry->name);
                           nfs_closedir(context_.get(), folder);
                         });
  if (status < 0) return failure(status, "listing", "");
  return names;
}

Result<void> Session::sync(const std::string& name) {
  nfsfh* file = nullptr;
  int status = ask([&] { return nfs_open_async(context_.get(), path_of(name).c_str(), O_RDWR, on_answer, &request_); },
                   [&](void* answer) { file = static_cast<nfsfh*>(answer); });
  if (status < 0) return failure(status, "open", name);
  status = ask([&] { return nfs_fsync_async(context_.get(), file, on_answer, &request_); });
  Result<void> result;
  if (status < 0) result = failure(status, "sync", name);
  // Sends nothing, for nothing was written through it, and answers at once.
  Request closing;
  nfs_close_async(context_.get(), file, on_answer, &closing);
  return result;
}

Result<bool> Session::link(const std::string& from, const std::string& to) {
  const int status = ask(
      [&] { return nfs_link_async(context_.get(), path_of(from).c_str(), path_of(to).c_str(), on_answer, &request_); });
  if (status == -EEXIST) return false;
  if (status < 0) return failure(status, "link", to);
  return true;
}

Result<bool> Session::remove(const std::string& name) {
  const int status = ask([&] { return nfs_unlink_async(context_.get(), path_of(name).c_str(), on_answer, &request_); });
  if (status == -ENOENT) return false;
  // Of a file that another one removes at this moment.
  if (status == -ESTALE) {
    if (const auto there = has_file(name); there && !*there) return false;
  }
  if (status < 0) return failure(status, "removal", name);
  return true;
}

int Session::ask(const std::function<int()>& send, std::function<void(void* answer)> receive) {
  if (!lost_.empty() || timed_out_) return -EIO;
  request_ = Request{};
  request_.receive = std::move(receive);
  if (send() != 0) {
    lose(nfs_get_error(context_.get()));
    return -EIO;
  }
  wait();
  request_.receive = nullptr;  // an answer can come still, when the context is destroyed
  if (timed_out_ || !request_.answered) return -EIO;
  if (is_transport_failure(request_.status)) lose(request_.complaint);
  return request_.status;
}

void Session::wait() {
  while (!request_.answered) {
    const auto left = std::chrono::ceil<milliseconds>(deadline_ - Clock::now()).count();
    if (left <= 0) return give_up();
    pollfd event{nfs_get_fd(context_.get()), static_cast<short>(nfs_which_events(context_.get())), 0};
    if (event.fd < 0) return lose("the connection was lost");
    const int ready = ::poll(&event, 1, static_cast<int>(std::min<long>(left, 60'000)));
    if (ready < 0 && errno != EINTR) return lose(std::generic_category().message(errno));
    if (ready <= 0) continue;
    int reason = 0;
    socklen_t size = sizeof reason;
    // libnfs only says that there was an event of this kind.
    if ((event.revents & POLLERR) != 0) ::getsockopt(event.fd, SOL_SOCKET, SO_ERROR, &reason, &size);
    if (nfs_service(context_.get(), event.revents) < 0) {
      return lose(reason != 0 ? std::generic_category().message(reason) : "the connection was lost");
    }
  }
}

void Session::give_up() {
  timed_out_ = true;
  // Destroying the context does not free what libnfs holds for a connection that did not come about; losing it does.
  nfs_service(context_.get(), POLLHUP);
}

void Session::lose(std::string why) {
  if (lost_.empty()) lost_ = std::move(why);
}

ErrorCode Session::failure(int status, std::string_view what, const std::string& name) const {
  const std::string where = url_of(folder_.host, folder_.path + (name.empty() ? "" : "/" + name));
  if (timed_out_) {
    return no_answer(where, std::string(what) + ": " + std::to_string(limit_.count()) + " ms are over");
  }
  if (!lost_.empty()) return unreachable(where, std::string(what) + ": " + lost_);
  std::string reason = std::string(what) + ": " + std::generic_category().message(-status);
  if (!name.empty()) return bad_file(where, reason);
  ErrorCode error = unusable(where, reason);
  if (!request_.complaint.empty()) error.elaboration["libnfs"] = request_.complaint;
  return error;
}

void Session::on_answer(int status, nfs_context* /*context*/, void* data, void* request) {
  auto& answer = *static_cast<Request*>(request);
  answer.answered = true;
  answer.status = status;
  if (status < 0) {
    if (data != nullptr) answer.complaint = static_cast<const char*>(data);
  } else if (answer.receive) {
    answer.receive(data);
  }
}

}  // namespace nfs
