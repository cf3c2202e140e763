#pragma once

#include <tenon/json.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// The fields of messages on the command line: each is an option, of the type that its JSON Schema says.
namespace tenon::cli {

struct MessageField {
  enum class In : std::uint8_t { kPath, kQuery, kBody };
  std::string name;
  /// `--fail-mode` of `fail_mode`.
  std::string option;
  std::string description;
  In in = In::kBody;
  /// What the path calls it; as `name` unless another route has named it.
  std::string parameter;
  bool required = false;
  Json schema;
};

/// `--fail-mode` of `fail_mode`; `--field-json` of `json`, because `--json` means something for every command.
[[nodiscard]] std::string option_of(std::string_view field);

/// What stands after the option: TEXT, NUMBER, `calm|angry`, JSON; `TEXT...` if it may be repeated; nothing for a flag.
[[nodiscard]] std::string type_text(const Json& schema);
/// What a value must be besides: `0 to 9; default 1; may be repeated`. Bounds that are those of whole numbers of 32 or
/// 64 bits are not told.
[[nodiscard]] std::string rules_text(const Json& schema);
[[nodiscard]] bool is_flag(const Json& schema);
[[nodiscard]] bool is_list(const Json& schema);
/// The texts that it may be; none if it may be others.
[[nodiscard]] std::vector<std::string> choices_of(const Json& schema);

/// What was given for the field as JSON: once, or more often for a list. What is no text, number, flag or list of them
/// is JSON, or `@FILE` with it. Throws Failure (kUsage) with the option, what is expected and what was found. What the
/// node checks, ranges and patterns, is not checked here.
[[nodiscard]] Json value_of(const MessageField& field, const std::vector<std::string>& texts);

/// The message of a failure, with the options of the fields that it names by their JSON paths: `$.pages: …` as
/// `--pages: …`, `$.nested.depth: …` as `--nested ($.nested.depth): …`.
[[nodiscard]] std::string with_options(const std::string& message, const std::vector<MessageField>& fields);

}  // namespace tenon::cli
