#include "daemon/state_lock.h"

#include <string>
#include <system_error>

#include "store/errors.h"

namespace tenon::daemon {

Result<StateLock> StateLock::take(const std::filesystem::path& folder) {
  const auto unusable = [](std::string why) {
    return make_error("NODE.1002", "the state folder can't be used", std::move(why));
  };
  std::error_code problem;
  std::filesystem::create_directories(folder, problem);
  if (problem) return unusable(folder.string() + ": " + problem.message());
  Result<store::FileLock> lock = store::FileLock::take(folder / "lock");
  if (lock) return StateLock(std::move(lock).value());
  const ErrorCode& error = lock.error();
  if (error.code != store::kInUse) return unusable(error.details);
  return make_error("NODE.1001", "another node uses the state folder",
                    folder.string() + " (process " + error.elaboration.at("process") + ")");
}

}  // namespace tenon::daemon
