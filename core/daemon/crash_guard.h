#pragma once

#include <tenon/json.h>

#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "daemon/crash_handler.h"
#include "descriptor/diagnostics.h"
#include "descriptor/left_out.h"
#include "plugin/crash_files.h"
#include "plugin/quarantine.h"

namespace tenon::daemon {

/// What a node does about plugins that crash it: it writes down what it dies of, tells at the next start, and leaves a
/// plugin out that it has died of again and again. In the state folder, `crashes/` and `quarantine`, which is why the
/// folder must be this node's already. Made on the main thread when the node can log, and before anything is loaded.
class CrashGuard {
 public:
  /// Takes up what the last process left, counts and logs it, and installs the handler. What of this does not work is
  /// logged; a node runs without.
  explicit CrashGuard(const std::filesystem::path& state);

  /// Who is in quarantine. Any thread.
  [[nodiscard]] plugin::Quarantine& quarantine() noexcept { return quarantine_; }

  /// The same, for a load, which leaves them out.
  [[nodiscard]] descriptor::LeftOutPlugins quarantined() const;
  /// Whether this is said of what was left out.
  [[nodiscard]] static bool is_note(const descriptor::Diagnostic& diagnostic);
  /// Keeps what a load has left out, to be shown; in place of what the load before has.
  void note(const descriptor::Diagnostics& diagnostics);

  /// For the node's status: `{crashes: [the last of each plugin], quarantine: […], left_out: […]}`. At once; any
  /// thread.
  [[nodiscard]] Json status() const;

 private:
  void take_up();

  plugin::CrashFiles files_;
  plugin::Quarantine quarantine_;
  std::optional<CrashHandler> handler_;
  std::vector<plugin::CrashRecord> last_;
  mutable std::mutex mutex_;
  std::vector<std::string> left_out_;
};

}  // namespace tenon::daemon
