#pragma once

#include <tenon/library.h>

#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "plugin/lease.h"

namespace tenon::test {

/// The node's services for tests: keeps every log line as `text key=value …`. While it lives, it is also the node of
/// code that is linked into the test itself.
class Node final : public NodeServices {
 public:
  Node() { detail::this_node = this; }
  ~Node() { detail::this_node = nullptr; }
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  bool log_enabled(LogLevel /*level*/) const noexcept override { return true; }
  void log(LogLevel /*level*/, std::string_view /*library*/, std::string_view text,
           std::span<const LogField> fields) noexcept override {
    std::string line(text);
    for (const LogField& field : fields) {
      line.append(" ").append(field.key).append("=").append(field.value);
    }
    std::lock_guard lock(mutex_);
    lines_.push_back(std::move(line));
  }
  void answered_twice(std::uint64_t /*run*/, std::uint32_t step) noexcept override {
    std::lock_guard lock(mutex_);
    lines_.push_back("FLOW.1003 step=" + std::to_string(step));
  }

  ChainHost* chains() noexcept override { return chains_; }
  void set_chains(ChainHost* chains) { chains_ = chains; }
  StoreHost* store() noexcept override { return store_; }
  void set_store(StoreHost* store) { store_ = store; }

  MessageHost* messages() noexcept override { return messages_; }
  void set_messages(MessageHost* messages) { messages_ = messages; }
  EventHost* events() noexcept override { return events_; }
  void set_events(EventHost* events) { events_ = events; }
  TagHost* tags() noexcept override { return tags_; }
  void take_notice(tenon::detail::LeaseMark& mark) noexcept override { plugin::take_notice(mark); }
  void wait_at_gate(const ExtensionSlot& slot) override { plugin::wait_at_gate(slot); }
  void set_tags(TagHost* tags) { tags_ = tags; }
  void happened(std::string_view event) noexcept override {
    std::lock_guard lock(mutex_);
    lines_.push_back("happened: " + std::string(event));
  }

  [[nodiscard]] std::vector<std::string> lines() const {
    std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> lines_;
  ChainHost* chains_ = nullptr;
  StoreHost* store_ = nullptr;
  MessageHost* messages_ = nullptr;
  EventHost* events_ = nullptr;
  TagHost* tags_ = nullptr;
};

}  // namespace tenon::test
