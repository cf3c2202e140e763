#pragma once

#include <tenon/library.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "flow/engine.h"
#include "plugin/lease.h"

namespace tenon::daemon {

/// The node's services to libraries: its chains, its store, its messages, and its log. Any thread may call.
class NodeLog final : public NodeServices {
 public:
  /// Takes one line, `TEXT key=value …`; a value with blanks or quotes is quoted. Any thread, several at a time.
  using Write = std::function<void(LogLevel level, std::string_view library, const std::string& line)>;

  /// Lines below `level` are dropped.
  NodeLog(LogLevel level, Write write) : level_(level), write_(std::move(write)) {}
  NodeLog(const NodeLog&) = delete;
  NodeLog& operator=(const NodeLog&) = delete;

  /// The engine that knows the runs, or null when it goes.
  void set_engine(const flow::Engine* engine);
  /// Who is told what happens, or null when that goes. Called on any thread, and must not block.
  void set_listener(std::function<void(std::string_view event)> listener);
  /// Who starts chains for plugins. Called before the first one is loaded; outlives the last one.
  void set_chains(ChainHost& chains) noexcept { chains_ = &chains; }
  /// The store of plugins. Called before the first one is loaded; outlives the last one.
  void set_store(StoreHost& store) noexcept { store_ = &store; }
  /// Who brings messages to services, likewise.
  void set_messages(MessageHost& messages) noexcept { messages_ = &messages; }
  /// Who keeps events, likewise.
  void set_events(EventHost& events) noexcept { events_ = &events; }
  /// The tags of resources, likewise.
  void set_tags(TagHost& tags) noexcept { tags_ = &tags; }

  bool log_enabled(LogLevel level) const noexcept override { return level >= level_; }
  void log(LogLevel level, std::string_view library, std::string_view text,
           std::span<const LogField> fields) noexcept override;
  void answered_twice(std::uint64_t run, std::uint32_t step) noexcept override;
  ChainHost* chains() noexcept override { return chains_; }
  StoreHost* store() noexcept override { return store_; }
  void happened(std::string_view event) noexcept override;
  MessageHost* messages() noexcept override { return messages_; }
  EventHost* events() noexcept override { return events_; }
  TagHost* tags() noexcept override { return tags_; }
  void take_notice(tenon::detail::LeaseMark& mark) noexcept override { plugin::take_notice(mark); }
  void wait_at_gate(const ExtensionSlot& slot) override { plugin::wait_at_gate(slot); }

 private:
  const LogLevel level_;
  const Write write_;
  std::mutex mutex_;
  const flow::Engine* engine_ = nullptr;
  std::function<void(std::string_view event)> listener_;
  ChainHost* chains_ = nullptr;
  StoreHost* store_ = nullptr;
  MessageHost* messages_ = nullptr;
  EventHost* events_ = nullptr;
  TagHost* tags_ = nullptr;
};

/// Writes to standard error: `TIME LEVEL LIBRARY: LINE`; for the journal, which has the time,
/// `<PRIORITY>LIBRARY: LINE`.
[[nodiscard]] NodeLog::Write standard_error(bool for_journal);

/// Text and fields of one line.
[[nodiscard]] std::string format_line(std::string_view text, std::span<const LogField> fields);

/// Whether standard error is what JOURNAL_STREAM tells of.
[[nodiscard]] bool stderr_is_journal();

}  // namespace tenon::daemon
