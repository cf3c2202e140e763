#pragma once

#include <tenon/json.h>

#include <map>
#include <set>
#include <string>
#include <string_view>

/// What the API says of chains, in few words: for tables and for drawings.
namespace tenon::cli {

/// Signs between words. Those of UTF-8 stand in drawings, and where a terminal has them.
struct Signs {
  std::string_view between;
  std::string_view arrow;
  std::string_view at_most;
  /// Lines of a tree: to a node, to the last one, past a node, below the last one.
  std::string_view node;
  std::string_view last;
  std::string_view past;
  std::string_view below;

  [[nodiscard]] static const Signs& of(bool utf8);
};

/// `timeout 10 s · retry 3, 200 ms · ≤10 of host:{host.uuid} · when k`, of what a step or a part of a chain has under
/// `policy`; with `pre-check` before it, for a step that has one. Empty if there is nothing to say.
[[nodiscard]] std::string policy_text(const Json& part, const Signs& signs);

/// `vm, nics? → host`: what a step reads, what it uses if it is there, what it writes.
[[nodiscard]] std::string keys_text(const Json& step, const Signs& signs);

/// A step's name within a sub-chain whose steps' names begin with `prefix`; of an extension only the bean.
[[nodiscard]] std::string short_name(const Json& step, std::string_view prefix);

/// The prefix of the names of steps in a sub-chain `scope` within one that has the prefix `outer`.
[[nodiscard]] std::string inner_prefix(std::string_view outer, std::string_view scope);

/// Places without folders: `vm.xml:5:5`. Files of one name keep so much of their folders that they differ.
class ShortPlaces {
 public:
  /// All places of a chain.
  explicit ShortPlaces(const Json& chain);

  [[nodiscard]] std::string of(const std::string& place) const;
  /// Files by their short names.
  [[nodiscard]] std::map<std::string, std::string> files() const;

 private:
  void take(const Json& value);

  std::set<std::string> seen_;
  std::map<std::string, std::string> short_;  // by the whole name
};

}  // namespace tenon::cli
