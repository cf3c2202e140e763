#pragma once

#include "descriptor/diagnostics.h"

#include <filesystem>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace tenon::descriptor {

/// The node's properties: files of `name = value` lines, and the environment, which wins. `web.database` is
/// `TENON_WEB_DATABASE` in the environment ('.' and '-' become '_', letters upper case). Names are letters, digits and
/// the signs `.`, `-` and `_`. A value may refer to other properties; that is resolved when it is asked for, so the
/// order of lines and files does not matter. Immutable once built; reading is thread-safe unless uses are recorded.
class Properties {
 public:
  struct Entry {
    std::string value;
    /// Where it was set: file and line; for the environment the whole "file" `environment variable TENON_…`.
    Place place;
  };

  /// Reads a file over what is there already. A line is empty, a comment (`#`) or `name = value`; a value goes to the
  /// end of its line, without blanks around it. A broken line or a name given twice in one file (the first counts) is
  /// an error.
  void read_file(const std::filesystem::path& file, Diagnostics& diagnostics);
  void read_text(std::string_view file, std::string_view text, Diagnostics& diagnostics);
  /// Sets one property, as from a command line. `origin` names the source in places.
  void set(std::string name, std::string value, std::string origin);

  /// What `${name}` gives where nothing sets it, and where that is said. A value may be set all the same.
  void declare(std::string name, std::string default_value, Place place);
  /// From now on, whoever asks for a property by `${name}` is noted here. Null ends that.
  void record_uses(std::set<std::string, std::less<>>* names) noexcept { uses_ = names; }

  /// The value from the environment, else from what was read; its references are replaced. One that cannot be replaced
  /// stays as it was written: check() reports it.
  [[nodiscard]] std::optional<Entry> find(std::string_view name) const;
  /// The value, or `fallback`.
  [[nodiscard]] std::string get(std::string_view name, std::string_view fallback) const;
  /// All that was given to it, as written, what counts last: files, command line, environment.
  [[nodiscard]] std::vector<Entry> levels(std::string_view name) const;
  /// The variable of the environment that sets it: `TENON_WEB_DATABASE`.
  [[nodiscard]] static std::string environment_name(std::string_view name);
  /// Those that were read or set, sorted. The environment is not searched.
  [[nodiscard]] std::vector<std::string> names() const;
  /// Resolves every value: a reference to nothing or to itself is an error where the value was set.
  void check(Diagnostics& diagnostics) const;

  /// Replaces `${name}` and `${name:default}`; a default may itself hold such a reference; `$${` stands for `${`. A
  /// default that is not the declared one is a warning. A name without value and default, an open brace, or a reference
  /// to itself is an error at `place`; the text is then returned as it was.
  [[nodiscard]] std::string substitute(std::string_view text, const Place& place, Diagnostics& diagnostics) const;

 private:
  class Expansion;

  [[nodiscard]] std::optional<Entry> find_as_written(std::string_view name) const;
  /// Those that are set or declared, to suggest one of them; none if there are too many to compare.
  [[nodiscard]] std::vector<std::string> known_names() const;

  /// Of each name, what was read or set, in that order.
  std::map<std::string, std::vector<Entry>, std::less<>> entries_;
  std::map<std::string, Entry, std::less<>> defaults_;
  std::set<std::string, std::less<>>* uses_ = nullptr;
};

}  // namespace tenon::descriptor
